import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../../kit/daemon-process.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { writeOtherConf } from '../../kit/other-node.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../kit/postgres.ts';
import { TestSite } from '../../kit/site.ts';
import { type SmtpSink, startSmtpSink } from '../../kit/smtp-sink.ts';

const from = 'alice@example.org';
const to = 'board@lists.example.org';
const packets = 16;
const recipientsOfPacket = 50;
/** Alice is one of them. */
const recipients = Array.from(
  { length: packets * recipientsOfPacket - 1 },
  (_, i) => `reader${String(i).padStart(4, '0')}@example.net`,
);
const everybody = [from, ...recipients].sort();
/** Connections that a daemon of this version has open at most; `maxDeliveryConcurrency` of the composition root. */
const maxConnections = 8;
/** Longer than a claim holds that nobody renews. */
const afterTheLeaseMs = 61_000;

describe.skipIf(!hasPostgres())('story 20: two daemons share one PostgreSQL database and one folder', () => {
  let server: TestPostgres;
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  /** The daemon of the site itself runs in the test; the other one has a process, and a sink, of its own. */
  let otherSink: SmtpSink;
  let otherConf: string;
  let aheadMs = 0;
  beforeAll(async () => {
    server = await startPostgres();
    const clock = { now: () => Date.now() + aheadMs };
    site = await TestSite.make({ database: await server.url(), clock });
    otherSink = await startSmtpSink();
    otherConf = writeOtherConf(site, otherSink);
    await site.list('board', [from, ...recipients]);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.people(recipients);
    await site.start();
  });
  afterAll(async () => {
    await site?.dispose();
    await otherSink?.close();
    await server?.stop();
  });

  const post = async (text: string, lmtp?: string): Promise<void> => {
    site.sink.clear();
    otherSink.clear();
    const inner = signed(textEntity(text), alice);
    const raw = message({ from, to, subject: '...' }, encrypted(inner, list.certificate));
    expect(await site.post(raw, { from, to }, lmtp)).toMatchObject({ code: 250 });
  };

  it('each sends some packets, and every subscriber gets one copy', { timeout: 120_000 }, async () => {
    const other = await DaemonProcess.start(otherConf);
    await post('Which of them?\r\n', other.ready.lmtp);
    await site.allSent(everybody.length);
    await site.idle();
    expect(await other.stop()).toBe(0);
    expect([...taken(site.sink), ...taken(otherSink)].sort()).toEqual(everybody);
    expect(taken(site.sink).length).toBeGreaterThan(0);
    expect(taken(otherSink).length).toBeGreaterThan(0);
  });

  it('the packets of a killed one are done by the other, when the claim has run out and no sooner', {
    timeout: 180_000,
  }, async () => {
    const other = await DaemonProcess.start(otherConf);
    await post('One of them dies.\r\n');
    await otherSink.waitFor(20, 60_000);
    await other.kill();
    const recorded = await site.outcomes();
    const sentByOther = taken(otherSink);

    await untilOnlyClaimsAreLeft(other.ready.pid);
    const leftByOther = Object.entries(await site.outcomes())
      .filter(([, state]) => state === 'pending')
      .map(([address]) => address);
    expect(leftByOther.length).toBeGreaterThan(0);

    aheadMs += afterTheLeaseMs;
    await site.allSent(everybody.length);
    await site.idle();
    const counts = new Map<string, number>();
    for (const address of [...taken(site.sink), ...sentByOther])
      counts.set(address, (counts.get(address) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(everybody);
    const twice = [...counts].filter(([, count]) => count > 1).map(([address]) => address);
    // Taken by the peer, and the process died before it could write that down.
    for (const address of twice) {
      expect(counts.get(address)).toBe(2);
      expect(sentByOther).toContain(address);
      expect(recorded[address]).toBe('pending');
    }
    expect(twice.length).toBeLessThanOrEqual(maxConnections);
  });

  /** Waits until every job that is left is claimed by a process, which is dead. */
  async function untilOnlyClaimsAreLeft(pid: number): Promise<void> {
    const end = Date.now() + 60_000;
    await site.withStore(async (store) => {
      for (;;) {
        const jobs = await store.jobs.list({ states: ['ready'] });
        if (jobs.every((job) => job.claimedBy?.includes(` ${pid} `))) return;
        if (Date.now() > end) throw new Error('the living daemon did not end its own jobs in time');
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    });
  }
});

function taken(sink: SmtpSink): readonly string[] {
  return sink.messages.flatMap((copy) => copy.recipients);
}
