import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { plainMessage } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';

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

  it('release lets a held post go out', async () => {
    const id = await held();
    expect((await spool('release', id)).code).toBe(0);
    await run();
    expect(await made.store.messages.stateOf(id)).toBe('distributed');
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
    expect(await made.store.jobs.list()).toEqual([]);
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
