import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import {
  encrypted,
  message,
  plainMessage,
  signed,
  type TestIdentity,
  textEntity,
} from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, newestKey } from '../../test/kit/requests.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';
import { openMessage } from '../smime/open-message.ts';

const to = 'board@example.org';
const from = 'alice@example.org';

describe('ssympa spool', () => {
  let made: QuietSite;
  beforeEach(async () => {
    made = await makeQuietSite({ now: () => Date.now() });
    await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
    await made.store.subscribers.add({ list: to, address: from });
  });
  afterEach(() => made.dispose());

  const spool = (...args: string[]) => runCli(['spool', ...args, '--conf', made.site.file]);
  const list = async (...args: string[]) =>
    JSON.parse((await spool('list', '--json', ...args)).stdout) as unknown[];
  const post = () => made.take(plainMessage({ from, to, subject: 'Hush' }, 'Hello'), to);
  const run = () => made.run('pipeline', 'process-message', processMessageHandler(made.parts));

  async function held(): Promise<string> {
    await made.lists.setParameter(await made.lists.get(to), 'send', 'editorkey');
    const id = await post();
    await run();
    return id;
  }

  const setParameter = async (name: string, value: string) =>
    made.lists.setParameter(await made.lists.get(to), name, value);

  /** What waits for the sender's confirmation, and what for an owner. */
  async function requests(): Promise<void> {
    await setParameter('subscribe', 'auth');
    await ask(made, 'subscribe', { list: 'board' }, { sender: 'bob@example.org' });
    await setParameter('subscribe', 'owner');
    await ask(made, 'subscribe', { list: 'board' }, { sender: 'carol@example.org', method: 'md5' });
  }

  /** A signed and encrypted post that waits for an editor. */
  async function heldSecret(): Promise<{ readonly id: string }> {
    await setParameter('send', 'editorkey');
    const pair = made.listKey('board');
    const author = made.ca.issue({ address: from, use: 'both', algorithm: 'rsa-2048' });
    const entity = encrypted(signed(textEntity('The canary sings.\n'), author), pair.certificate);
    const id = await made.take(message({ from, to, subject: '...' }, entity), to);
    await run();
    expect(await made.store.messages.stateOf(id)).toBe('moderation');
    return { id };
  }

  async function certificateOf(
    address: string,
    capabilities: readonly string[] | null = null,
  ): Promise<TestIdentity> {
    const pair = made.ca.issue({ address, use: 'both', algorithm: 'rsa-2048' });
    await made.parts.certificates.keep(made.store, {
      address,
      certificate: pair.certificate,
      usage: 'both',
      source: 'operator',
      signingTimeMs: null,
      capabilities,
    });
    return pair;
  }

  /** What a reader sees of a mail, opened with the reader's own key. */
  function readAs(reader: TestIdentity, mail: Uint8Array): string {
    const opened = openMessage(mail, {
      identities: [reader],
      lockedCertificates: [],
      trust: { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' },
      atMs: Date.now(),
    });
    return opened.payload!.use((bytes) => Buffer.from(bytes).toString('latin1'));
  }

  const keysOf = async (id: string) =>
    (await made.store.requestKeys.pending('moderate')).filter(({ messageId }) => messageId === id);

  async function copiesForEditors(id: string) {
    const [copies] = await made.store.distributions.ofMessage(id);
    return made.store.deliveries.ofDistribution(copies!.id);
  }

  /** A post that waits for the certificate of one subscriber. */
  async function waiting(): Promise<string> {
    const distributionId = 'd1';
    await made.store.transaction(async (tx) => {
      const base = {
        id: distributionId,
        messageId: '',
        list: to,
        sender: '',
        sequence: 1,
        createdAt: 1,
        finishedAt: null,
      };
      await tx.distributions.insert({
        ...base,
        form: 'sealed',
        head: new Uint8Array(),
        content: null,
        policy: '{"seal":null}',
      });
      const row = {
        distributionId,
        packet: -1,
        address: from,
        state: 'waiting',
        updatedAt: 1,
        keepUntil: 2,
      } as const;
      await tx.deliveries.insertMany([{ ...row, code: 'certificate-missing', reply: 'none' }]);
    });
    return `${distributionId}/${from}`;
  }

  async function quarantined(): Promise<{ readonly job: string; readonly message: string }> {
    const message = await post();
    const { id: job } = (await made.store.jobs.find('process-message', message))!;
    const note = { code: 'bug', reason: 'a bug' };
    await made.store.jobs.quarantine(job, note);
    await made.store.messages.setState(message, 'quarantined', note);
    return { job, message };
  }

  it('list says nothing when nothing waits, and refuses a kind that is none', async () => {
    expect(await list()).toEqual([]);
    expect((await spool('list', 'nonsense')).code).toBe(64);
  });

  it('list gives what waits, of one kind or all, with the keys of the contract', async () => {
    const id = await held();
    const row = await waiting();
    expect(await list()).toMatchObject([
      { kind: 'outgoing', recipient: 'ann@example.org' },
      { id, kind: 'moderation' },
      { id: row, kind: 'waiting', recipient: from },
    ]);
    const [entry] = await list('moderation');
    expect(entry).toEqual({
      id,
      kind: 'moderation',
      list: to,
      sender: from,
      recipient: to,
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      reason: expect.any(String),
      code: 'moderation',
    });
    expect((await spool('list')).stdout).toContain(id);
  });

  it('show tells all but the content', async () => {
    const id = await held();
    const shown = await spool('show', id, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      id,
      state: 'moderation',
      kindOfAddress: 'post',
      decision: { name: 'editorkey' },
    });
    for (const text of [shown.stdout, (await spool('show', id)).stdout])
      expect(text).not.toMatch(/Hush|Hello/);
    expect((await spool('show', 'nothing')).code).toBe(67);
  });

  it('release lets a held post go out as DISTRIBUTE does: keys are used up, copies for editors taken back', async () => {
    const id = await held();
    const before = await keysOf(id);
    expect(before).toMatchObject([{ usedAt: null }]);
    expect((await spool('release', id)).code).toBe(0);
    expect(await made.store.requestKeys.decisionOn(id)).toMatchObject({
      usedBy: 'the operator',
      outcome: 'distributed',
    });
    expect((await copiesForEditors(id)).map(({ state, code }) => [state, code])).toEqual([
      ['dropped', 'already-decided'],
    ]);
    await run();
    expect(await made.store.messages.stateOf(id)).toBe('distributed');
    expect((await spool('release', id)).code).toBe(67);
  });

  it('release lets a post that waits for its sender go out, and its key is used up', async () => {
    await setParameter('send', 'privatekey');
    const id = await post();
    await run();
    expect(await list('auth')).toMatchObject([{ id, kind: 'auth', sender: from }]);
    const [key] = await made.store.requestKeys.pending('confirm-post');
    expect((await spool('release', id)).code).toBe(0);
    expect(await made.store.requestKeys.find(key!.digest)).toMatchObject({ outcome: 'released' });
    await run();
    expect(await made.store.messages.stateOf(id)).toBe('distributed');
  });

  it('list shows requests that wait for a confirmation or an owner, and no key', async () => {
    await requests();
    const found = (await list('auth')) as { id: string; code: string; reason: string }[];
    expect(found).toMatchObject([
      {
        kind: 'auth',
        code: 'confirmation',
        list: to,
        sender: 'bob@example.org',
        recipient: 'bob@example.org',
      },
      { kind: 'auth', code: 'owner-approval', list: to, sender: 'carol@example.org' },
    ]);
    expect(found.map(({ reason }) => reason)).toEqual([
      'SUBSCRIBE board waits for a confirmation',
      'SUBSCRIBE board waits for an owner',
    ]);
    for (const { id } of found) {
      const shown = (await spool('show', id)).stdout;
      expect(shown).toContain('SUBSCRIBE');
      for (const mail of ['request-auth', 'owner-approval'])
        expect(shown).not.toContain(await newestKey(made, mail));
    }
  });

  it('release does what was asked, for whoever confirms and without an owner', async () => {
    await requests();
    for (const { id } of (await list('auth')) as { id: string }[])
      expect((await spool('release', id)).code).toBe(0);
    expect(await list('auth')).toEqual([]);
    for (const address of ['bob@example.org', 'carol@example.org'])
      expect(await made.store.subscribers.isSubscriber(to, address)).toBe(true);
  });

  it('release of what can not be done now says why, and the request goes on waiting', async () => {
    await requests();
    await setParameter('max_list_members', '1');
    const [entry] = (await list('auth')) as { id: string }[];
    const { code, stderr } = await spool('release', entry!.id);
    expect(code).toBe(1);
    expect(stderr).toContain('as many subscribers as it may have');
    expect(await list('auth')).toHaveLength(2);
  });

  it('drop of a request leaves nothing to be confirmed, and tells nobody', async () => {
    await requests();
    const mails = (await made.store.jobs.list()).length;
    for (const { id } of (await list('auth')) as { id: string }[])
      expect((await spool('drop', id)).code).toBe(0);
    expect(await list('auth')).toEqual([]);
    expect(await made.store.subscribers.isSubscriber(to, 'bob@example.org')).toBe(false);
    expect(await made.store.jobs.list()).toHaveLength(mails);
  });

  it('drop of a held post uses its keys up and takes the copies for editors back, and tells nobody', async () => {
    const id = await held();
    const mails = (await made.store.jobs.list()).filter(({ kind }) => kind === 'service-mail').length;
    expect((await spool('drop', id)).code).toBe(0);
    expect(await made.store.requestKeys.decisionOn(id)).toMatchObject({ outcome: 'dropped' });
    expect((await copiesForEditors(id)).map(({ state }) => state)).toEqual(['dropped']);
    const after = (await made.store.jobs.list()).filter(({ kind }) => kind === 'service-mail').length;
    expect(after).toBe(mails);
  });

  it('list says when there is more than it shows, and finds the rest by its id', async () => {
    await held();
    const last = await held();
    const { stdout, stderr } = await spool('list', 'moderation', '--json', '--limit', '1');
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(stderr).toContain('more waits than is shown (1 of moderation)');
    expect((await spool('list', 'moderation', '--limit', '2')).stderr).toBe('');
    expect((await spool('show', last)).code).toBe(0);
    expect((await spool('list', '--limit', '0')).code).toBe(64);
  });

  it('list leaves out the newest of a kind, whatever it waits for', async () => {
    await setParameter('subscribe', 'owner');
    await ask(made, 'subscribe', { list: 'board' }, { sender: 'carol@example.org', method: 'md5' });
    await setParameter('subscribe', 'auth');
    await ask(made, 'subscribe', { list: 'board' }, { sender: 'bob@example.org' });
    await setParameter('send', 'privatekey');
    const newest = await post();
    await run();
    const [carol, bob] = [{ sender: 'carol@example.org' }, { sender: 'bob@example.org' }];
    expect(await list('auth')).toMatchObject([carol, bob, { id: newest }]);
    expect(await list('auth', '--limit', '2')).toMatchObject([carol, bob]);
    expect(await list('auth', '--limit', '1')).toMatchObject([carol]);
  });

  describe('show --seal-for', () => {
    const editor = 'ann@example.org';

    it('writes a post that came encrypted for one reader, with the signature of its author', async () => {
      const { id } = await heldSecret();
      const reader = await certificateOf(editor);
      const shown = await spool('show', id, '--seal-for', editor);
      expect(shown.code).toBe(0);
      expect(shown.stdout).toMatch(/^Subject: \[\.\.\.\]\r$/m);
      expect(shown.stdout).toContain('authEnveloped-data');
      expect(shown.stdout).not.toMatch(/canary/i);
      const inside = readAs(reader, shown.bytes);
      expect(inside).toContain('The canary sings.');
      expect(inside).toContain('multipart/signed');
      expect(inside).toContain(`DISTRIBUTE ${to} ${id}`);
      expect(inside).toContain(`From: ${from}`);
    });

    it('seals a post that came in clear, to the letter', async () => {
      const id = await held();
      const reader = await certificateOf(editor);
      const shown = await spool('show', id, '--seal-for', editor);
      expect(shown.code).toBe(0);
      expect(shown.stdout).not.toMatch(/Hush|Hello/);
      const { raw } = await made.store.messages.get(id);
      expect(readAs(reader, shown.bytes)).toContain(Buffer.from(raw).toString('latin1'));
    });

    it('uses CBC where that alone was announced, and not for what came with AES-GCM', async () => {
      const plain = await held();
      await certificateOf(editor, ['aes-256-cbc']);
      expect((await spool('show', plain, '--seal-for', editor)).stdout).toContain('enveloped-data');
      const { id } = await heldSecret();
      const refused = await spool('show', id, '--seal-for', editor);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('announced CBC alone');
    });

    it('refuses with the reason where nothing can be sealed', async () => {
      const { id } = await heldSecret();
      const none = await spool('show', id, '--seal-for', editor);
      expect(none).toMatchObject({ code: 1, stdout: '' });
      expect(none.stderr).toContain('no certificate that may encrypt is on file');
      await certificateOf(editor);
      made.listKey('board');
      const locked = await spool('show', id, '--seal-for', editor);
      expect(locked).toMatchObject({ code: 1, stdout: '' });
      expect(locked.stderr).toContain('does not open with the keys');
      expect((await spool('show', await waiting(), '--seal-for', editor)).code).toBe(1);
      await requests();
      const [request] = (await list('auth')) as { id: string }[];
      expect((await spool('show', request!.id, '--seal-for', editor)).code).toBe(1);
      expect((await spool('show', id, '--seal-for', 'nobody')).code).toBe(64);
      expect((await spool('show', id, '--seal-for', editor, '--json')).code).toBe(64);
    });
  });

  it.each(['release', 'retry'])('%s has what was put aside done again', async (command) => {
    const { job, message } = await quarantined();
    expect(await list('quarantine')).toMatchObject([{ id: job, code: 'bug' }]);
    expect((await spool(command, job)).code).toBe(0);
    await run();
    expect(await made.store.messages.stateOf(message)).toBe('distributed');
  });

  it('retry looks again for the certificate that a post waits for', async () => {
    expect((await spool('retry', await waiting())).code).toBe(0);
    expect(await made.store.jobs.list()).toMatchObject([
      { kind: 'release-waiting', payload: { address: from } },
    ]);
  });

  it('drop takes a held post, a message that was put aside and a waiting copy away', async () => {
    const { job, message } = await quarantined();
    const id = await held();
    for (const one of [job, id, await waiting()]) expect((await spool('drop', one)).code).toBe(0);
    expect(await list()).toEqual([]);
    expect(await made.store.jobs.find('process-message', message)).toBeUndefined();
    for (const one of [id, message])
      expect(await made.store.messages.get(one)).toMatchObject({ state: 'discarded', raw: new Uint8Array() });
    expect((await made.store.distributions.get('d1')).finishedAt).not.toBeNull();
  });

  it('drop takes the recipients of a packet that was put aside with it', async () => {
    await post();
    await run();
    const [packet] = await made.store.jobs.list();
    await made.store.jobs.quarantine(packet!.id, { code: 'bug', reason: 'a bug' });
    expect((await spool('drop', packet!.id)).code).toBe(0);
    expect(await list()).toEqual([]);
  });
});
