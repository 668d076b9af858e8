import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, commandAddress } from '../../kit/command-mail.ts';
import { DyingDaemon } from '../../kit/dying-daemon.ts';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const alice = 'alice@example.org';
const listmaster = 'listmaster@example.org';
/** Deaths after which a job is put aside; a constant of the job runner. */
const maxCrashes = 5;

describe('story 27: a message that kills the daemon each time', { timeout: 120_000 }, () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('open', []);
  });
  afterAll(() => site.dispose());

  it('is put aside, is told of once, and stands in nobody’s way', async () => {
    const raw = plainMessage({ from: alice, to: commandAddress }, 'subscribe open\n');
    for (let death = 0; death < maxCrashes; death++) {
      const daemon = await DyingDaemon.start(site.confFile, { at: 'claimed', job: 'process-message' });
      if (death === 0) await site.post(raw, { from: alice, to: commandAddress }, daemon.lmtp);
      await daemon.death();
    }
    await site.start();
    const mail = new Correspondence(site);
    await site.sink.waitFor(1);
    const other = await mail.write('bob@example.org', 'subscribe open\n');
    expect(other.some(({ subject }) => subject === 'Welcome to open')).toBe(true);
    const aside = await site.withStore((store) => store.messages.listByState(['quarantined'], { limit: 9 }));
    expect(aside.map(({ code, envelopeSender }) => [code, envelopeSender])).toEqual([['worker-died', alice]]);
    expect(site.sink.messages.filter(({ recipients }) => recipients.includes(listmaster))).toHaveLength(1);
    expect(site.sink.messages.some(({ recipients }) => recipients.includes(alice))).toBe(false);
  });
});
