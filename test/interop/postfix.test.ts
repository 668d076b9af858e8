import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { bodyBytes, parseEntity } from '../../src/mime/entity.ts';
import { smtpTransport } from '../../src/smtp/client.ts';
import type { RecipientReply } from '../../src/smtp/transport.ts';
import { installProgram } from '../kit/installed-program.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../kit/mail.ts';
import { freePort, hasPostfix, startPostfix, type TestPostfix } from '../kit/postfix.ts';
import { TestSite } from '../kit/site.ts';

const alice = 'alice@example.org';
const bob = 'bob@example.net';

describe.skipIf(!hasPostfix())('Postfix', () => {
  let site: TestSite;
  let postfix: TestPostfix;
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-installed-'));

  beforeAll(async () => {
    const port = await freePort();
    site = await TestSite.make({ relay: `smtp://127.0.0.1:${port}` });
    for (const name of ['lmtp', 'aliased', 'piped']) await site.list(name, [alice, bob]);
    await site.start();
    const queue = `${installProgram(folder)} queue --conf ${site.confFile}`;
    const [, lmtpPort] = site.daemon.addresses.lmtp!.split(':');
    postfix = await startPostfix({
      port,
      transport: {
        'piped@lists.example.org': 'program:',
        'nowhere@lists.example.org': 'program:',
        'lists.example.org': `lmtp:inet:127.0.0.1:${lmtpPort}`,
        'example.org': 'virtual:',
        'example.net': 'virtual:',
      },
      aliases: { aliased: `"|${queue} aliased@lists.example.org"` },
      mailboxes: [alice, bob],
      program: `${queue} --sender \${sender} \${recipient}`,
    });
  });
  afterAll(async () => {
    await postfix?.stop();
    await site?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Hands a message to Postfix by SMTP. */
  async function submit(to: string, raw: Uint8Array, from = alice): Promise<RecipientReply> {
    const transport = smtpTransport({
      url: `smtp://127.0.0.1:${postfix.port}`,
      maxConnections: 1,
      log: silentLog,
    });
    const connection = await transport.acquire();
    const copy = { envelopeSender: from, recipients: [to], pieces: [raw], size: raw.length };
    const [reply] = await connection.send({
      ...copy,
      smtputf8: false,
      eightBit: raw.some((byte) => byte > 0x7f),
    });
    connection.release();
    await transport.close();
    return reply!;
  }

  it('brings mail in over its LMTP transport and takes it out to mailboxes', async () => {
    const raw = plainMessage(
      { from: alice, to: 'lmtp@lists.example.org', subject: 'over LMTP' },
      'Grüße\n.dot\n',
    );
    expect(await submit('lmtp@lists.example.org', raw)).toMatchObject({ status: 'sent' });
    const [copy] = await postfix.mailbox(bob);
    expect(Buffer.from(copy!).toString()).toContain('over LMTP');
  });
});
