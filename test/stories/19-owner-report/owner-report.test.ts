import { afterEach, describe, expect, it } from 'vitest';
import { encrypted, message, signed, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const owner = 'owner@example.org';
const dave = 'dave@example.net';
const erin = 'erin@example.net';
const dayMs = 86_400_000;

/** A clock that goes on by itself and can be set forward. */
function movableClock() {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    forward: (ms: number) => {
      ahead += ms;
    },
  };
}

describe('story 19: the owners learn who cannot be served', () => {
  let site: TestSite;
  afterEach(() => site.dispose());

  async function makeSite(conf: readonly string[] = []) {
    const clock = movableClock();
    site = await TestSite.make({ clock, conf, housekeepingPauseMs: 100 });
    await site.list('board', [from, dave, erin]);
    const list = site.listKey('board');
    const alice = await site.person(from, { notAfterMs: Date.now() + 200 * dayMs });
    await site.start();
    const post = async (text: string) => {
      const raw = message(
        { from, to, subject: 'Hush hush' },
        encrypted(signed(textEntity(text), alice, { atMs: clock.now() }), list.certificate),
      );
      expect(await site.post(raw, { from, to })).toMatchObject({ code: 250 });
      expect(await site.settled()).toBe('distributed');
      await site.idle();
    };
    return { clock, post };
  }

  const toOwner = () =>
    site.sink.messages
      .filter((one) => one.recipients.includes(owner))
      .map((one) => Buffer.from(one.data).toString());

  /** Gives the chores time to run some more. */
  async function severalLooks() {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await site.idle();
  }

  it('a day later in one list with addresses, once, and nothing of the posts', async () => {
    const { clock, post } = await makeSite();
    await post('First\r\n');
    await post('Second\r\n');
    await severalLooks();
    expect(toOwner()).toEqual([]);
    clock.forward(dayMs);
    await site.sink.waitForRecipients([owner]);
    await severalLooks();
    expect(toOwner()).toHaveLength(1);
    const [report] = toOwner();
    for (const word of [dave, erin, to, 'Messages concerned: 2']) expect(report).toContain(word);
    for (const word of [from, 'Hush', 'First', 'Second']) expect(report).not.toContain(word);
  });

  it('when posts are dropped that waited for too long, which nobody gets any more', async () => {
    const { clock, post } = await makeSite(['cert_missing_keep 3d']);
    await post('First\r\n');
    clock.forward(3 * dayMs + 1_000);
    await site.sink.waitForRecipients([owner, owner]);
    await severalLooks();
    expect(toOwner()).toHaveLength(2);
    const dropped = toOwner().find((text) => text.includes('dropped'))!;
    for (const word of [dave, erin]) expect(dropped).toContain(word);
    await site.withStore(async (store) => {
      expect(await store.deliveries.waiting()).toEqual([]);
      const newest = (await store.messages.newest())!;
      const [distribution] = await store.distributions.ofMessage(newest.id);
      expect(distribution!.finishedAt).not.toBeNull();
      expect((await store.messages.get(newest.id)).raw).toHaveLength(0);
    });
    site.sink.clear();
    const pair = site.ca.issue({ address: dave, notAfterMs: Date.now() + 200 * dayMs });
    await site.withStore(async (store) => {
      expect(await store.deliveries.waitingFor(dave)).toEqual([]);
    });
    await site.importCertificate(dave, pair.certificatePem);
    await severalLooks();
    expect(site.sink.messages).toEqual([]);
  });

  it('not at all with cert_missing_report off, and neither does the sender', async () => {
    const { clock, post } = await makeSite(['cert_missing_report off']);
    await post('First\r\n');
    clock.forward(2 * dayMs);
    await severalLooks();
    expect(toOwner()).toEqual([]);
    const toSender = site.sink.messages.filter((one) => one.recipients.includes(from));
    expect(toSender.map((one) => Buffer.from(one.data).toString().includes('pkcs7-mime'))).toEqual([true]);
    await site.withStore(async (store) => {
      expect(await store.reports.daysBefore('9999-12-31')).toEqual([]);
    });
  });
});
