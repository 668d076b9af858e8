import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonAddresses } from '../../../src/daemon.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const from = 'alice@example.org';
const to = 'board@lists.example.org';
const readers = [from, 'bob@example.net'];
const child = join(import.meta.dirname, '../../kit/daemon-child.ts');

describe('story 11: killed between commit and reply, the mail server delivers again', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', readers);
  });
  afterAll(() => site.dispose());

  /** Delivers to a daemon that is killed when the message is stored and nobody knows it yet. */
  async function deliverAndKill(raw: Uint8Array): Promise<void> {
    const daemon = spawn(process.execPath, [child, site.confFile], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface(daemon.stdout)[Symbol.asyncIterator]();
    const { lmtp } = JSON.parse((await lines.next()).value as string) as DaemonAddresses;
    const reply = site.post(raw, { from, to }, lmtp);
    expect((await lines.next()).value).toBe('committed');
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    // The server knows nothing of the message, so it keeps it and tries again.
    expect(await reply).toMatchObject({ status: 'temporary', code: 0 });
  }

  it.each([
    ['plain', () => plainMessage({ from, to }, 'once only\r\n')],
    [
      'encrypted',
      () => {
        const entity = signed(textEntity('once only\r\n'), site.ca.issue({ address: from, use: 'both' }));
        return message({ from, to }, encrypted(entity, site.listKey('board').certificate));
      },
    ],
  ])('a post that is %s is distributed once', async (_kind, make) => {
    for (const reader of readers) await site.person(reader);
    const raw = make();
    site.sink.clear();
    await deliverAndKill(raw);
    await deliverAndKill(raw);
    await site.start();
    expect(await site.post(raw, { from, to })).toMatchObject({ status: 'sent', code: 250 });
    await site.sink.waitForRecipients(readers);
    await site.idle();
    await site.stop();
    expect(site.sink.messages.flatMap(({ recipients }) => recipients).sort()).toEqual(readers);
  });
});
