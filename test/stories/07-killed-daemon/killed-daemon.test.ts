import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../../kit/daemon-process.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const recipients = Array.from({ length: 200 }, (_, i) => `reader${String(i).padStart(3, '0')}@example.net`);
/** Connections that a daemon of this version has open at most; `maxDeliveryConcurrency` of the composition root. */
const maxConnections = 8;

describe('story 07: killed in the middle of a distribution to 200, then started again', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from, ...recipients]);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.people(recipients);
  });
  afterAll(() => site.dispose());

  it.each([
    1, 40, 120, 190,
  ])('loses nobody, and repeats at most one copy a connection (killed after %i copies)', async (killAfter) => {
    site.sink.clear();
    let daemon = await DaemonProcess.start(site.confFile);
    const raw = message(
      { from, to, subject: '...' },
      encrypted(signed(textEntity(`Round ${killAfter}\r\n`), alice), list.certificate),
    );
    expect(await site.post(raw, { from, to }, daemon.ready.lmtp)).toMatchObject({ code: 250 });
    await site.sink.waitFor(killAfter, 60_000);
    await daemon.kill();
    const taken = site.sink.messages.map((copy) => copy.recipients[0]!);
    const recorded = await site.outcomes();
    daemon = await DaemonProcess.start(site.confFile);
    await site.sink.waitForRecipients([from, ...recipients], 60_000);
    await site.idle();
    expect(await daemon.stop()).toBe(0);
    const counts = new Map<string, number>();
    for (const copy of site.sink.messages)
      counts.set(copy.recipients[0]!, (counts.get(copy.recipients[0]!) ?? 0) + 1);
    const twice = [...counts].filter(([, count]) => count > 1);
    expect([...counts.keys()].sort()).toEqual([from, ...recipients].sort());
    expect(
      twice.every(
        ([address, count]) => count === 2 && taken.includes(address) && recorded[address] === 'pending',
      ),
    ).toBe(true);
    expect(twice.length).toBeLessThanOrEqual(maxConnections);
  });

  it('sends nothing again after a clean restart', async () => {
    site.sink.clear();
    const daemon = await DaemonProcess.start(site.confFile);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await daemon.stop()).toBe(0);
    expect(site.sink.messages).toEqual([]);
  });
});
