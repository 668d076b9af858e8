import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import { bodyBytes, parseEntity } from '../../../src/mime/entity.ts';
import { sha256Hex } from '../../../src/secrets.ts';
import { smtpTransport } from '../../../src/smtp/client.ts';
import type { RecipientReply } from '../../../src/smtp/transport.ts';
import { DaemonProcess } from '../../kit/daemon-process.ts';
import { message } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const from = 'alice@example.org';
const large = 'large@lists.example.org';
const small = 'small@lists.example.org';
const readers = [from, 'bob@example.net'];
const megabyte = 1 << 20;
/** What the whole process may take at its peak, Node and its code included. */
const memoryLimit = 700 * megabyte;

describe('story 05: a message of 60 MB', () => {
  let site: TestSite;
  let daemon: DaemonProcess;
  const raw = message({ from, to: large }, textOf(60_000_000));
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('small', readers);
    await site.list('large', readers, ['max_size 70000000']);
    daemon = await DaemonProcess.start(site.confFile);
  });
  afterAll(async () => {
    await daemon?.stop();
    await site?.dispose();
  });

  it('is refused for the list that takes less, without being sent', async () => {
    expect(await deliver([small])).toMatchObject([{ status: 'permanent', code: 552, enhanced: '5.2.3' }]);
    expect(peakMemory(daemon.ready.pid)).toBeLessThan(300 * megabyte);
  });

  it('is taken for the list that takes as much, and refused for the other in the same transaction', async () => {
    const replies = await deliver([large, small]);
    expect(replies).toMatchObject([
      { status: 'sent', code: 250 },
      { status: 'permanent', code: 552, enhanced: '5.2.3' },
    ]);
  }, 60_000);

  it('reaches every subscriber byte for byte', async () => {
    const copies = await site.sink.waitForRecipients(readers, 60_000);
    const sent = sha256Hex(bodyBytes(parseEntity(raw)));
    for (const { data } of copies) expect(sha256Hex(bodyBytes(parseEntity(data)))).toBe(sent);
    expect(peakMemory(daemon.ready.pid)).toBeLessThan(memoryLimit);
  }, 90_000);

  async function deliver(recipients: readonly string[]): Promise<readonly RecipientReply[]> {
    const url = `lmtp://${daemon.ready.lmtp}`;
    const transport = smtpTransport({ url, maxConnections: 1, log: silentLog });
    const connection = await transport.acquire();
    const copy = { envelopeSender: from, recipients, pieces: [raw], size: raw.length };
    const replies = await connection.send({ ...copy, smtputf8: false, eightBit: false });
    connection.release();
    await transport.close();
    return replies;
  }
});

/** Lines of text, so many bytes of them. */
function textOf(bytes: number): Uint8Array {
  const line = `${'0123456789'.repeat(7)}\r\n`;
  const head = 'Content-Type: text/plain; charset=us-ascii\r\n\r\n';
  return Buffer.from(head + line.repeat(Math.ceil(bytes / line.length)));
}

/** The most memory that a process ever had, in bytes. */
function peakMemory(pid: number): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
