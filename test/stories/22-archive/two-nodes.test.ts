import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliverPacketHandler } from '../../../src/delivery/deliver-packet.ts';
import { Payloads } from '../../../src/delivery/payloads.ts';
import { resendPostHandler } from '../../../src/delivery/resend-post.ts';
import { silentLog } from '../../../src/log.ts';
import type { PipelineParts } from '../../../src/pipeline/post.ts';
import { processMessageHandler } from '../../../src/pipeline/process-message.ts';
import { openStore } from '../../../src/store/store.ts';
import { expireArchives } from '../../../src/tasks/expire-archives.ts';
import { encrypted, message, signed, textEntity } from '../../kit/mail.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../kit/postgres.ts';
import { makeQuietSite, type QuietSite } from '../../kit/quiet-site.ts';
import { ask } from '../../kit/requests.ts';

const list = 'board@example.org';
const alice = 'alice@example.org';
const eve = 'eve@example.net';

/** A node that stands still with all of a transaction done but its commit, once it is told to, until it may go on. */
interface HeldNode {
  readonly parts: PipelineParts;
  readonly reached: Promise<void>;
  goOn(): void;
}

describe.skipIf(!hasPostgres())('story 22: two nodes, and a post whose month is over', () => {
  let server: TestPostgres;
  let site: QuietSite;
  let url: string;
  let nowMs: number;
  let id: string;
  const closing: (() => Promise<void>)[] = [];
  const clock = { now: () => nowMs };

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    nowMs = Date.UTC(2026, 10, 20, 12);
    url = await server.url();
    site = await makeQuietSite(clock, [`database ${url}`]);
    const parameters = {
      process_archive: 'on',
      archive: { mail_access: 'public', max_month: '2' },
      send: 'public',
    };
    await site.lists.create({ name: 'board', owners: ['ann@example.org'], parameters, nowMs });
    const key = site.listKey('board');
    const author = site.ca.issue({ address: alice, algorithm: 'rsa-2048' });
    const post = encrypted(signed(textEntity('Hush'), author), key.certificate);
    id = await site.take(message({ from: alice, to: list }, post), list);
    await site.run('pipeline', 'process-message', processMessageHandler(site.parts));
    const certificate = site.ca.issue({ address: eve, algorithm: 'rsa-2048' }).certificate;
    const kept = {
      address: eve,
      certificate,
      usage: 'both',
      source: 'operator',
      signingTimeMs: null,
    } as const;
    await site.parts.certificates.keep(site.store, { ...kept, capabilities: null });
    await ask(site, 'last', { list: 'board' }, { sender: eve });
    nowMs = Date.UTC(2027, 1, 2);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await site.dispose();
  });

  async function heldNode(): Promise<HeldNode> {
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const onCommit = async (at: 'before-commit' | 'after-commit') => {
      if (at === 'after-commit') return;
      reached.resolve();
      await gate.promise;
    };
    const store = await openStore(url, { clock, log: silentLog, onCommit });
    closing.push(() => store.close());
    return { parts: { ...site.parts, store }, reached: reached.promise, goOn: () => gate.resolve() };
  }

  const resend = async (parts: PipelineParts) => {
    const job = (await site.store.jobs.list()).find(({ kind }) => kind === 'resend-post')!;
    expect(await resendPostHandler(parts)(job)).toEqual({ status: 'done' });
    await site.store.jobs.complete(job.id);
  };
  const expire = (parts: PipelineParts) => expireArchives(parts, new AbortController().signal);
  const rawOf = async () => (await site.store.messages.get(id)).raw;

  /** Lets the second node do what it does while the first one stands before its commit. */
  async function overlap(
    first: (parts: PipelineParts) => Promise<void>,
    second: (parts: PipelineParts) => Promise<void>,
  ): Promise<void> {
    const node = await heldNode();
    const begun = first(node.parts);
    await node.reached;
    const other = second(site.parts);
    await Promise.race([other, pause(1_500)]);
    node.goOn();
    await Promise.all([begun, other]);
  }

  it('a copy that is being asked for is sent, and the bytes go afterwards', async () => {
    await overlap(resend, expire);
    expect(await site.store.archivePosts.last(list)).toBeUndefined();
    expect(await rawOf()).not.toHaveLength(0);
    await site.run('delivery', 'deliver-packet', deliverPacketHandler(site.parts, new Payloads(site.parts)));
    expect(site.copies.flatMap(({ recipients }) => recipients)).toEqual([eve]);
    expect(await rawOf()).toHaveLength(0);
  });

  it('a copy of what is being let go is not made', async () => {
    await overlap(expire, resend);
    expect(await rawOf()).toHaveLength(0);
    expect((await site.store.distributions.ofMessage(id)).filter((one) => one.finishedAt === null)).toEqual(
      [],
    );
  });
});
