import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodedText, parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import { commonVariables, mailTemplates, type TemplateValue } from './mail-templates.ts';
import { renderMail, type ServiceMailInput } from './render-mail.ts';

const shipped = resolve(import.meta.dirname, '../../defaults/mail');
const atMs = Date.UTC(2026, 0, 5);

const samples: Readonly<Record<string, TemplateValue>> = {
  count: 3,
  since: Date.UTC(2026, 0, 2),
  code: 'certificate-expired',
  keepDays: 30,
  addresses: ['bob@example.org', 'carol@example.org'],
  more: 2,
  posts: 2,
  key: 'abcdefghijkmnpqrstuvwxyz23',
  command: 'SUBSCRIBE team',
  requestedBy: 'mallory@example.org',
  days: 30,
  who: 'alice@example.org',
  about: 'bob@example.org',
  event: 'subscribed',
  by: 'owner@example.org',
  entries: [
    {
      command: 'REVIEW team',
      status: 'done',
      text: 'Two subscribers.',
      answer: ['a@example.org', 'b@example.org'],
    },
  ],
  commands: 'sympa@lists.example.org',
  waitedFor: 'moderation',
  subscriptions: ['team@lists.example.org  mail, noconceal'],
  sources: ['include_file staff.txt: source-missing (there is no file staff.txt)'],
  from: 'old@example.org',
  lists: ['team@lists.example.org'],
  reason: 'send_subscriber_smime',
  size: 70_000_000,
  maxSize: 5_242_880,
  id: '01abc',
  kind: 'deliver-packet',
  address: 'team-request@lists.example.org',
  owners: ['owner@example.org', 'second@example.org'],
  status: 'open',
  stage: 'expiring',
  expiresAt: atMs,
  certificate: 'CN=Alice, O=Example',
  serial: '2a',
  issuer: 'CN=Test CA',
  fingerprint: 'ab12',
  model: 'purge_tables.daily',
  object: 'team@lists.example.org',
  again: atMs,
  place: 'etc/tasks/purge_tables.daily.task:3',
  action: 'remove_bouncers',
  rate: 45,
  bouncing: 20,
  subscribers: 40,
  limit: 30,
  type: 'abuse',
};

/** Other values where not any other will do. */
const others: Readonly<Record<string, TemplateValue>> = {
  code: 'already-subscribed',
  entries: [],
  stage: 'expired',
};

const common: Readonly<Record<string, TemplateValue>> = {
  list: { name: 'team', address: 'team@lists.example.org', request: 'team-request@lists.example.org' },
  domain: 'lists.example.org',
  listmaster: 'listmaster@lists.example.org',
};

let root: string;
let site: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ssympa-templates-'));
  site = join(root, 'etc', 'mail');
  await mkdir(site, { recursive: true });
  await mkdir(join(root, 'etc', 'locales'));
});

afterAll(() => rm(root, { recursive: true }));

function input(more: Partial<ServiceMailInput> & { readonly name: string }): ServiceMailInput {
  return {
    lang: 'en',
    folders: [site, shipped],
    variables: { ...common, ...samples },
    from: 'team-request@lists.example.org',
    to: ['alice@example.org'],
    atMs,
    ...more,
  };
}

function textOf(raw: Uint8Array): string {
  return decodedText(parseEntity(raw)).replaceAll('\r\n', '\n');
}

describe('the shipped service mails', () => {
  it('stand in English and French, and no file is left over', async () => {
    const expected = Object.keys(mailTemplates).flatMap((name) => [`${name}.en.liquid`, `${name}.fr.liquid`]);
    expect((await readdir(shipped)).sort()).toEqual(expected.sort());
  });

  it.each(
    Object.keys(mailTemplates).flatMap((name) => [
      [name, 'en'],
      [name, 'fr'],
    ]),
  )('%s in %s need no variable that its table does not name', async (name, lang) => {
    const named = { ...commonVariables, ...mailTemplates[name]!.variables };
    const all = Object.entries({ ...common, ...samples }).filter(([key]) => key in named);
    const needed = all.filter(([key]) => key === 'list' || !named[key]!.optional);
    for (const variables of [Object.fromEntries(all), Object.fromEntries(needed)]) {
      const mail = await renderMail(input({ name: name!, lang: lang!, folders: [shipped], variables }));
      expect(mail.faults).toEqual([]);
      expect(textOf(mail.raw)).toBe(mail.text);
      expect(mail.text).not.toMatch(/\{\{|\{%|undefined|null|\[object/);
    }
  });

  it.each(Object.entries(mailTemplates))('%s uses every variable that its table names', async (name, {
    variables,
  }) => {
    const whole = await renderMail(input({ name, folders: [shipped] }));
    for (const variable of Object.keys(variables)) {
      const value = samples[variable]!;
      const other = Object.hasOwn(others, variable)
        ? others[variable]!
        : Array.isArray(value)
          ? ['dora@example.org']
          : typeof value === 'number'
            ? value + 86_400_000
            : 'x';
      const changed = await renderMail(
        input({ name, variables: { ...common, ...samples, [variable]: other } }),
      );
      expect(`${changed.subject}\n${changed.text}`, variable).not.toBe(`${whole.subject}\n${whole.text}`);
    }
  });

  it.each([
    'certificate-pending-owner',
    'post-rejected',
    'post-too-large',
    'not-readable',
    'quarantine-listmaster',
  ])('%s can speak of the site where there is no list', async (name) => {
    const mail = await renderMail(input({ name, variables: { ...common, ...samples, list: null } }));
    expect(mail.faults).toEqual([]);
    expect(mail.text).not.toContain('team');
  });

  it('answer every message that cannot be read with one sentence', async () => {
    const { text } = await renderMail(input({ name: 'not-readable' }));
    expect(text.split('\n')[0]).toBe(
      "Your message could not be accepted: it must be readable with the list's certificate, and signed or AES-GCM.",
    );
  });

  it('tell the sender a number and no address', async () => {
    const { text } = await renderMail(input({ name: 'cert-missing-report-sender' }));
    expect(text).toContain('3 subscribers');
    expect(text).not.toContain('@example.org');
  });
});

describe('renderMail', () => {
  it('writes the fields of a message that a machine made', async () => {
    const mail = await renderMail(
      input({
        name: 'post-rejected',
        from: 'Équipe <team-request@lists.example.org>',
        inReplyTo: '<post@example.org>',
        references: '<first@example.org> <second@example.org>',
      }),
    );
    const { header, contentType } = parseEntity(mail.raw);
    expect(findField(header, 'Auto-Submitted')?.body).toBe('auto-replied');
    expect(findField(header, 'In-Reply-To')?.body).toBe('<post@example.org>');
    expect(findField(header, 'References')?.body).toBe(
      '<first@example.org> <second@example.org> <post@example.org>',
    );
    expect(findField(header, 'Date')?.body).toBe('Mon, 05 Jan 2026 00:00:00 +0000');
    expect(findField(header, 'Message-ID')?.body).toMatch(/^<[\w-]{24}@lists\.example\.org>$/);
    expect(findField(header, 'To')?.body).toBe('alice@example.org');
    expect(contentType.type).toBe('text/plain');
    expect(contentType.parameters.get('charset')).toBe('utf-8');
    expect([...mail.raw].every((byte) => byte < 128)).toBe(true);
  });

  it('lets no variable add a field or a line to the header', async () => {
    const list = { name: 'team\r\nBcc: eve@example.org\0', address: 'a@b', request: 'c@d' };
    const mail = await renderMail(
      input({ name: 'post-rejected', variables: { ...common, ...samples, list } }),
    );
    expect(mail.subject).toBe('Your message to team Bcc: eve@example.org was not distributed');
    expect(findField(parseEntity(mail.raw).header, 'Bcc')).toBeUndefined();
  });

  it('leaves out an In-Reply-To that is no identifier', async () => {
    const mail = await renderMail(input({ name: 'post-rejected', inReplyTo: 'x\r\nBcc: eve@example.org' }));
    expect(mail.fields.map(([name]) => name)).not.toContain('In-Reply-To');
  });

  it.each([
    ['a recipient', { to: ['alice@example.org\r\nBcc: eve@example.org'] }],
    ['two senders', { from: 'a@example.org, b@example.org' }],
    ['a field of the caller', { moreFields: [['List-Id', 'x\r\nBcc: y']] as const }],
    ['the name of a field', { moreFields: [['List Id', 'x']] as const }],
    ['the Message-ID', { messageId: '<a@b>\nBcc: y' }],
  ])('refuses %s that could break the header', async (_, more) => {
    await expect(renderMail(input({ name: 'post-rejected', ...more }))).rejects.toMatchObject({
      code: 'field-unsafe',
    });
  });

  it('names the variable that is missing', async () => {
    const mail = renderMail(input({ name: 'cert-missing-report-sender', variables: common }));
    await expect(mail).rejects.toMatchObject({
      code: 'variable-missing',
      message: expect.stringContaining('count'),
    });
  });

  it.each(['nothing', 'constructor', '../post-rejected'])('knows no service mail %s', async (name) => {
    await expect(renderMail(input({ name }))).rejects.toMatchObject({ code: 'template-unknown' });
  });
});

describe('the search for a template', () => {
  const own = async (file: string, text: string) => {
    await writeFile(join(site, file), text);
    return { [Symbol.asyncDispose]: () => rm(join(site, file)) };
  };

  it('takes the nearest folder, in the language of the reader', async () => {
    await using _fr = await own('post-rejected.fr.liquid', 'Subject: Non\n\nNon, {{ list.name }}.\n');
    expect((await renderMail(input({ name: 'post-rejected', lang: 'fr-CA' }))).text).toBe('Non, team.\n');
    expect((await renderMail(input({ name: 'post-rejected', lang: 'de' }))).text).toContain(
      'was not distributed',
    );
  });

  it('takes a template without language for every language', async () => {
    await using _all = await own('post-rejected.liquid', 'Subject: No\n\nNo.\n');
    expect((await renderMail(input({ name: 'post-rejected', lang: 'fr' }))).text).toBe('No.\n');
  });

  it.each([
    ['without a Subject', 'Hello\n\nNo.\n', 1],
    ['with an unknown variable', 'Subject: x\n\nNo.\n{{ secret }}\n', 4],
    ['with a broken tag', 'Subject: x\n\n{% if %}\n', 3],
    ['that wants a file', 'Subject: x\n\n{% render "/etc/passwd" %}\n', 3],
    ['that wants a prototype', 'Subject: x\n\n{{ list.constructor }}\n', 3],
    [
      'that never ends',
      'Subject: x\n\n{% for i in (1..100000000) %}{% for j in (1..100000000) %}x{% endfor %}{% endfor %}',
      3,
    ],
  ])('passes over a template %s, and says where its fault lies', async (_, text, line) => {
    await using _own = await own('post-rejected.liquid', text);
    const mail = await renderMail(input({ name: 'post-rejected' }));
    expect(mail.text).toContain('was not distributed');
    expect(mail.faults).toMatchObject([
      { code: 'template-faulty', place: { file: join(site, 'post-rejected.liquid'), line } },
    ]);
  });

  // Each range counts against the memory limit: much is done in each turn, so that time runs out first.
  const slowText = `Subject: x\n\n${'{% for i in (1..1000) %}'.repeat(3)}${'{% assign x = 1 %}'.repeat(30)}${'{% endfor %}'.repeat(3)}`;

  it('passes over a template that takes more than five seconds', async () => {
    await using _own = await own('post-rejected.liquid', slowText);
    const mail = await renderMail(input({ name: 'post-rejected' }));
    expect(mail.text).toContain('was not distributed');
    expect(mail.faults).toMatchObject([{ code: 'template-too-slow', place: { line: 3 } }]);
  });

  it('tries later where none was rendered in time, whatever is wrong with a nearer one', async () => {
    await using _faulty = await own('post-rejected.en.liquid', 'no Subject\n');
    await using _slow = await own('post-rejected.liquid', slowText);
    const mail = renderMail(input({ name: 'post-rejected', folders: [site] }));
    await expect(mail).rejects.toMatchObject({ code: 'template-too-slow', temporary: true });
  });

  // Linux answers a read at the start of a process's memory with EIO, as a failing disk does.
  it.skipIf(process.platform !== 'linux')(
    'stops at a disk that fails: that is no fault of a file, and may pass',
    async () => {
      for (const path of [join(site, 'post-rejected.liquid'), join(root, 'etc', 'locales', 'en.json')]) {
        await symlink('/proc/self/mem', path);
        const mail = renderMail(input({ name: 'post-rejected' }));
        await expect(mail).rejects.toMatchObject({ code: 'EIO' });
        await rm(path);
      }
    },
  );

  it('passes over a file that is too large, and a folder in place of a file', async () => {
    await using _own = await own('post-rejected.liquid', `Subject: x\n\n${'x'.repeat(70_000)}`);
    await mkdir(join(site, 'post-rejected.en.liquid'));
    const mail = await renderMail(input({ name: 'post-rejected' }));
    await rm(join(site, 'post-rejected.en.liquid'), { recursive: true });
    expect(mail.text).toContain('was not distributed');
    expect(mail.faults).toMatchObject([{ code: 'template-faulty' }, { code: 'template-faulty' }]);
  });

  it('fails when there is none at all', async () => {
    const mail = renderMail(input({ name: 'post-rejected', folders: [site] }));
    await expect(mail).rejects.toMatchObject({ code: 'template-missing' });
  });
});

describe('the reasons', () => {
  it('may be given by the site beside its templates', async () => {
    const path = join(root, 'etc', 'locales', 'en.json');
    await writeFile(path, JSON.stringify({ reasons: { night: 'Not at night.' } }));
    const variables = { ...common, reason: 'night' };
    expect((await renderMail(input({ name: 'post-rejected', variables }))).text).toContain('Not at night.');
    await writeFile(path, '[]');
    await rm(path);
  });

  it.each([
    ['is no object', '[]'],
    ['is no JSON', '{'],
    ['is too large', `{"reasons":{"a":"${'a'.repeat(300_000)}"}}`],
  ])('a file of the site that %s is passed over and named among the faults', async (_what, text) => {
    const path = join(root, 'etc', 'locales', 'en.json');
    await writeFile(path, text);
    const mail = await renderMail(input({ name: 'post-rejected' }));
    await rm(path);
    expect(mail.text).toContain('was not distributed');
    expect(mail.faults).toMatchObject([{ code: 'catalogue-faulty' }]);
  });

  it('fall back to a general text for a key that nobody knows', async () => {
    const mail = await renderMail(input({ name: 'post-rejected', variables: { ...common, reason: 'zzz' } }));
    expect(mail.text).toContain('The list does not accept it.');
  });
});
