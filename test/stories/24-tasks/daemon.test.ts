import { afterEach, describe, expect, it } from 'vitest';
import { TestSite } from '../../kit/site.ts';

const dayMs = 86_400_000;
const bob = 'bob@example.net';

describe('story 24: the daemon runs tasks', () => {
  let site: TestSite;
  afterEach(() => site.dispose());

  it('and sends what they ask for: a person and the people behind a list are warned, once, and stay so after a restart', async () => {
    site = await TestSite.make({ conf: ['chk_cert_expiration_task daily'], housekeepingPauseMs: 100 });
    await site.list('board', [bob]);
    await site.person(bob, { notAfterMs: Date.now() + 2 * dayMs });
    await site.start();
    await site.sink.waitForRecipients([bob]);
    await site.idle();
    await site.stop();
    await site.start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await site.idle();
    const warnings = site.sink.messages.map((one) => Buffer.from(one.data).toString());
    expect(warnings).toHaveLength(1);
    for (const words of ['Subject: Your certificate is about to expire', `To: ${bob}`, 'expires on'])
      expect(warnings[0]).toContain(words);
    await site.withStore(async (store) => {
      const tasks = await store.tasks.all();
      expect(tasks.map(({ model }) => model)).toContain('purge_tables');
      expect(tasks.filter(({ failures }) => failures > 0)).toEqual([]);
    });
  });
});
