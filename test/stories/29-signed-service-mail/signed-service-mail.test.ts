import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enqueueServiceMail } from '../../../src/delivery/service-mail.ts';
import { decodedBody, type Entity, parseEntity } from '../../../src/mime/entity.ts';
import { findField } from '../../../src/mime/header.ts';
import type { KeyAlgorithm } from '../../kit/ca.ts';
import { Correspondence, commandAddress, mailTo, type ReadMail, readMail } from '../../kit/command-mail.ts';
import { encrypted, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage, verifyMessage } from '../../kit/openssl-mail.ts';
import { requireProgram } from '../../kit/programs.ts';
import { TestSite } from '../../kit/site.ts';

const alice = 'alice@example.org';
const owner = 'owner@example.org';
const listmaster = 'listmaster@example.org';

/** Every part of a message that brings certificates alone. */
function certificateParts(entity: Entity): readonly Entity[] {
  const own = entity.contentType.parameters.get('smime-type') === 'certs-only' ? [entity] : [];
  return [...own, ...entity.children.flatMap(certificateParts)];
}

function opensslPkcs7(der: Uint8Array): string {
  const options = ['pkcs7', '-inform', 'DER', '-print_certs', '-noout'];
  const run = spawnSync(requireProgram('openssl'), options, { input: der });
  if (run.status !== 0) throw new Error(`openssl does not read it: ${run.stderr}`);
  return run.stdout.toString();
}

describe('story 29: what a list itself writes is signed by the list', () => {
  let site: TestSite;
  let mail: Correspondence;
  let alicePair: TestIdentity;
  let listPair: TestIdentity;
  let sitePair: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    for (const name of ['rsa', 'curve', 'plain', 'locked', 'always', 'answers']) {
      const chosen = ['always', 'answers'].includes(name) ? [`service_mail_encryption ${name}`] : [];
      await site.list(name, [owner], ['subscribe open', 'send public', ...chosen]);
    }
    for (const name of ['rsa', 'locked', 'answers'])
      site.listKey(name, name === 'locked' ? 'other' : undefined);
    listPair = keyOf('curve', 'ec-p256');
    mkdirSync(site.listDir('sympa'), { recursive: true });
    sitePair = keyOf('sympa', 'rsa-2048');
    alicePair = await site.person(alice);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  function keyOf(name: string, algorithm: KeyAlgorithm): TestIdentity {
    const pair = site.ca.issue({ address: `${name}@lists.example.org`, algorithm });
    writeFileSync(join(site.listDir(name), 'cert.pem'), pair.certificatePem);
    writeFileSync(join(site.listDir(name), 'private_key'), pair.privateKeyPem, { mode: 0o600 });
    return pair;
  }
  const verify = (data: Uint8Array) => verifyMessage(data, { cafile: join(site.dir, 'ca.pem') });
  const addressOf = (name: string) => `${name}@lists.example.org`;
  const welcomeOf = (mails: readonly ReadMail[], from: string) =>
    mails.find((one) => one.from === from && /welcome/i.test(one.subject))!;
  const subscribe = (name: string, from: string) => mail.write(from, `SUBSCRIBE ${name}\n`);

  it.each(['rsa', 'curve'])('the welcome of a list with a key (%s), its header within', async (name) => {
    const out = await subscribe(name, `new-${name}@example.net`);
    const welcome = welcomeOf(out, addressOf(name));
    const verdict = verify(welcome.data);
    expect(verdict).toMatchObject({ ok: true });
    expect(welcome.replyTo).toBe(`${name}-request@lists.example.org`);
    expect(welcome.sender).toBe('');
    const entity = parseEntity(welcome.data);
    expect(entity.contentType.type).toBe('multipart/signed');
    expect(findField(entity.header, 'x-loop')!.body.trim()).toBe(addressOf(name));
    expect(entity.children[0]!.contentType.parameters.get('hp')).toBe('clear');
    expect(verdict.content).toContain(`Subject: ${welcome.subject}`);
    const forged = Buffer.from(welcome.data).toString('latin1').replaceAll('elcome', 'elkome');
    expect(verify(Buffer.from(forged, 'latin1')).ok).toBe(false);
  });

  it('not that of a list without one, which speaks as its owners do', async () => {
    const out = await subscribe('plain', 'new@example.net');
    const welcome = welcomeOf(out, 'plain-request@lists.example.org');
    expect(parseEntity(welcome.data).contentType.type).toBe('text/plain');
  });

  it('reports: of the address for commands by its own key, of a list by the key of the list', async () => {
    const out = await mail.write(alice, 'HELP\n');
    const help = mailTo(out, alice);
    expect(verify(help.data).ok).toBe(true);
    expect(help.from).toBe(commandAddress);
    const to = 'rsa-subscribe@lists.example.org';
    const joined = await mail.write('via-list@example.net', 'please\n', { to });
    const report = joined.find(
      ({ subject, from }) => from === addressOf('rsa') && !/welcome/i.test(subject),
    )!;
    expect(verify(report.data).ok).toBe(true);
    expect(report.replyTo).toBe(commandAddress);
  });

  it('a report of encrypted commands: signed within, sealed, its Subject hidden', async () => {
    const commands = encrypted(signed(textEntity('HELP\n'), alicePair), sitePair.certificate);
    const out = await mail.writeEntity(alice, commands);
    const report = mailTo(out, alice);
    expect(report.subject).toBe('[...]');
    const inside = decryptMessage(report.data, alicePair);
    const { contentType, children } = parseEntity(inside);
    expect(contentType.type).toBe('multipart/signed');
    expect(children[0]!.contentType.parameters.get('hp')).toBe('cipher');
    expect(verify(inside)).toMatchObject({ ok: true });
  });

  it('what speaks of a post that came encrypted, sealed to its sender', async () => {
    const to = addressOf('curve');
    const post = encrypted(signed(textEntity('Hush\n'), alicePair), sitePair.certificate);
    // What does not open, and what opens but is not acceptable, get one and the same answer.
    const changeable = encrypted(textEntity('Hush\n'), listPair.certificate, 'aes-256-cbc');
    for (const refused of [post, changeable]) {
      const unreadable = mailTo(await mail.writeEntity(alice, refused, { to }), alice);
      expect(parseEntity(unreadable.data).contentType.type).toBe('multipart/signed');
      expect(unreadable.subject).not.toBe('[...]');
      expect(verify(unreadable.data).ok).toBe(true);
    }
    const readable = encrypted(signed(textEntity('Hush\n'), alicePair), listPair.certificate);
    const out = await mail.writeEntity(alice, readable, { to });
    const told = out.find((one) => one.to.includes(alice))!;
    expect(told.subject).toBe('[...]');
    expect(verify(decryptMessage(told.data, alicePair)).ok).toBe(true);
    // One without a certificate is told in clear that it lacks one.
    const missing = out.find((one) => one.to.includes(owner) && one.from === to)!;
    expect(verify(missing.data)).toMatchObject({ ok: true });
  });

  it.each(['rsa', 'always'])('all of it sealed, where the reader has a certificate: %s', async (name) => {
    const bob = `bob-${name}@example.net`;
    const pair = await site.person(bob);
    const out = await subscribe(name, bob);
    const sealed = out.find(({ data }) => parseEntity(data).contentType.type === 'application/pkcs7-mime')!;
    expect(sealed.subject).toBe('[...]');
    const inside = decryptMessage(sealed.data, pair);
    expect(Buffer.from(inside).toString()).toMatch(/Subject: .*elcome/);
    if (name === 'rsa') expect(verify(inside)).toMatchObject({ ok: true });
    const carol = `carol-${name}@example.net`;
    expect((await subscribe(name, carol)).some(({ subject }) => /welcome/i.test(subject))).toBe(true);
  });

  it('none of it, of a list that nobody encrypts to, or that seals answers alone', async () => {
    const erin = 'erin@example.net';
    await site.person(erin);
    for (const name of ['plain', 'answers']) {
      const out = await subscribe(name, erin);
      expect(out.some(({ subject }) => /welcome/i.test(subject))).toBe(true);
      expect(out.map(({ subject }) => subject)).not.toContain('[...]');
    }
  });

  it('but never what must look the same for all, or has to be readable without a certificate', async () => {
    const bob = 'bob@example.net';
    const to = addressOf('always');
    const post = encrypted(textEntity('Hush\n'), sitePair.certificate);
    const unreadable = mailTo(await mail.writeEntity(bob, post, { to }), bob);
    expect(unreadable.text).toContain('could not be accepted');
    site.sink.clear();
    const variables = { address: to, stage: 'expiring', days: 3, expiresAt: 0, certificate: 'CN=always' };
    await site.withStore((store) =>
      enqueueServiceMail(store, 'story', {
        template: 'list-cert-expiration',
        list: to,
        to: [bob],
        variables,
      }),
    );
    await site.idle();
    expect(mailTo(site.sink.messages.map(readMail), bob).text).toContain('CN=always');
  });

  it('the answers that bring a certificate: CERTIFICATE, INFO and HELP', async () => {
    const expected = {
      'CERTIFICATE curve': 'curve',
      'CERT curve@lists.example.org': 'curve',
      'INFO curve': 'curve',
      HELP: 'sympa',
    };
    for (const [command, name] of Object.entries(expected)) {
      const report = mailTo(await mail.write('eve@example.net', `${command}\n`), 'eve@example.net');
      const verdict = verify(report.data);
      expect(verdict).toMatchObject({ ok: true });
      const parts = certificateParts(parseEntity(report.data));
      expect(parts).toHaveLength(1);
      expect(parts[0]!.contentType.parameters.get('name')).toBe('smime.p7c');
      expect(opensslPkcs7(decodedBody(parts[0]!))).toContain(`CN = ${name}`);
    }
    const fingerprint = listPair.certificate.sha256.toUpperCase().match(/../g)!.join(':');
    const shown = mailTo(await mail.write('eve@example.net', 'CERTIFICATE curve\n'), 'eve@example.net');
    expect(shown.text).toContain(fingerprint);
    const none = mailTo(await mail.write('eve@example.net', 'CERTIFICATE plain\n'), 'eve@example.net');
    expect(none.text).toContain('has no certificate');
    expect(certificateParts(parseEntity(none.data))).toEqual([]);
  });

  it('not where the key does not open: the mail goes out unsigned, and the listmaster is told once', async () => {
    site.sink.clear();
    for (const who of ['one@example.net', 'two@example.net']) {
      const welcome = welcomeOf(await subscribe('locked', who), 'locked-request@lists.example.org');
      expect(parseEntity(welcome.data).contentType.type).toBe('text/plain');
    }
    const told = site.sink.messages.filter(({ recipients }) => recipients.includes(listmaster));
    expect(told).toHaveLength(1);
    expect(Buffer.from(told[0]!.data).toString()).toContain('key-password');
    expect(verify(told[0]!.data)).toMatchObject({ ok: true });
    const report = mailTo(await mail.write('eve@example.net', 'CERTIFICATE locked\n'), 'eve@example.net');
    expect(report.text).toContain('has no certificate');
  });

  it('what a template of the site makes of it, however odd its text', async () => {
    const folder = join(site.listDir('rsa'), 'mail');
    mkdirSync(folder, { recursive: true });
    const lines = [
      'From the board, with trailing blanks   ',
      '.',
      '..dots',
      'Grüße \u{1F600}',
      `${'long '.repeat(400)}`,
      '\t',
      '--',
      '',
    ];
    writeFileSync(
      join(folder, 'welcome.en.liquid'),
      `Subject: Odd {{ list.name }} wëlcome\n\n${lines.join('\n')}\n\n\n`,
    );
    const out = await subscribe('rsa', 'odd@example.net');
    const odd = out.find(({ from, to }) => from === addressOf('rsa') && to.includes('odd@example.net'))!;
    expect(verify(odd.data)).toMatchObject({ ok: true });
    expect(odd.text).toContain('Grüße \u{1F600}');
  });

  it('and no answer is ever made to it: what comes back ends where it came from', async () => {
    const welcome = welcomeOf(await subscribe('curve', 'loop@example.net'), addressOf('curve'));
    for (const to of [addressOf('curve'), 'curve-request@lists.example.org'])
      expect(await mail.send(welcome.data, 'loop@example.net', to)).toEqual([]);
  });
});
