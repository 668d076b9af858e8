import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { toCrlf } from '../../src/mime/canonicalize.ts';
import { decodedText, type Entity, parseEntity } from '../../src/mime/entity.ts';
import { findField } from '../../src/mime/header.ts';
import { smtpTransport } from '../../src/smtp/client.ts';
import { dotStuff } from '../../src/smtp/dot-stuffing.ts';
import type { RecipientReply } from '../../src/smtp/transport.ts';
import { installProgram } from '../kit/installed-program.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../kit/mail.ts';
import { decryptMessage } from '../kit/openssl-mail.ts';
import { freePort, hasPostfix, startPostfix, type TestPostfix } from '../kit/postfix.ts';
import { TestSite } from '../kit/site.ts';

const alice = 'alice@example.org';
const bob = 'bob@example.net';
/** Gets what Postfix has to say. */
const carol = 'carol@example.org';

describe.skipIf(!hasPostfix())('Postfix', () => {
  let site: TestSite;
  let postfix: TestPostfix;
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-installed-'));

  beforeAll(async () => {
    const port = await freePort();
    site = await TestSite.make({ relay: `smtp://127.0.0.1:${port}` });
    for (const name of ['lmtp', 'sealed', 'aliased', 'piped']) await site.list(name, [alice, bob]);
    await site.start();
    const queue = `${installProgram(folder)} queue --conf ${site.confFile}`;
    const [, lmtpPort] = site.daemon.addresses.lmtp!.split(':');
    postfix = await startPostfix({
      port,
      transport: {
        'piped@lists.example.org': 'program:',
        'piped-owner@lists.example.org': 'program:',
        'nowhere@lists.example.org': 'program:',
        'lists.example.org': `lmtp:inet:127.0.0.1:${lmtpPort}`,
        'example.org': 'virtual:',
        'example.net': 'virtual:',
      },
      aliases: { aliased: `"|${queue} aliased@lists.example.org"` },
      mailboxes: [alice, bob, carol],
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
    const copy = { envelopeSender: from, recipients: [to], pieces: [dotStuff(raw)], size: raw.length };
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
    const to = 'lmtp@lists.example.org';
    const raw = plainMessage({ from: alice, to, subject: 'over LMTP' }, 'Gr\u00fc\u00dfe\n.dot\n..dots\n');
    expect(await submit(to, raw)).toMatchObject({ status: 'sent' });
    for (const address of [alice, bob]) {
      const copy = await arrived(address, 'over LMTP');
      expect(textOf(copy)).toBe('Gr\u00fc\u00dfe\n.dot\n..dots\n');
      expect(findField(copy.header, 'list-id')?.body).toBe('<lmtp.lists.example.org>');
    }
  });

  it('takes an encrypted post in and brings it out under the key of each subscriber', async () => {
    const to = 'sealed@lists.example.org';
    const identity = site.listKey('sealed');
    const people = { [alice]: await site.person(alice), [bob]: await site.person(bob) };
    const entity = signed(textEntity('only for us\r\n'), people[alice]!);
    const raw = message({ from: alice, to, subject: 'sealed' }, encrypted(entity, identity.certificate));
    expect(await submit(to, raw)).toMatchObject({ status: 'sent' });
    for (const [address, pair] of Object.entries(people)) {
      const { source } = await arrived(address, 'sealed');
      expect(Buffer.from(source).toString()).not.toContain('only for us');
      expect(Buffer.from(decryptMessage(source, pair)).toString()).toContain('only for us');
    }
  });

  it.each([
    ['an alias', 'aliased@mx.example.org', 'aliased@lists.example.org'],
    ['a pipe(8) transport', 'piped@lists.example.org', 'piped@lists.example.org'],
  ])('brings mail in through %s that runs ssympa queue as nobody', async (name, to, list) => {
    const raw = plainMessage({ from: alice, to: list, subject: `through ${name}` }, 'one\n.two\n');
    expect(await submit(to, raw)).toMatchObject({ status: 'sent' });
    const copy = await arrived(bob, `through ${name}`);
    expect(textOf(copy)).toBe('one\n.two\n');
    const newest = await site.withStore((store) => store.messages.newest());
    expect(newest).toMatchObject({ recipient: list, envelopeSender: alice });
  });

  it.each([
    ['LMTP', 'unheard-of@lists.example.org'],
    ['a pipe', 'nowhere@lists.example.org'],
  ])('tells the sender that a list does not exist, after %s', async (_way, to) => {
    const raw = plainMessage({ from: alice, to }, 'hello\n');
    expect(await submit(to, raw, carol)).toMatchObject({ status: 'sent' });
    const report = await arrived(carol, 'Undelivered Mail', (text) => text.includes(`<${to}>`));
    expect(Buffer.from(report.source).toString()).toMatch(/^Status: 5\.1\.1$/m);
  });

  it('takes a bounce with the null sender through a pipe', async () => {
    const to = 'piped-owner@lists.example.org';
    const raw = plainMessage({ from: 'MAILER-DAEMON@example.net', to }, 'it came back\n');
    expect(await submit(to, raw, '')).toMatchObject({ status: 'sent' });
    await postfix.logged(`to=<${to}>, relay=program, `);
    const newest = await site.withStore((store) => store.messages.newest());
    expect(newest).toMatchObject({ recipient: to, envelopeSender: '' });
  });

  it('keeps the mail while the daemon is down, and brings it in afterwards', async () => {
    await site.stop();
    const raw = plainMessage({ from: alice, to: 'piped@lists.example.org', subject: 'kept' }, 'hello\n');
    expect(await submit('piped@lists.example.org', raw)).toMatchObject({ status: 'sent' });
    await postfix.logged('status=deferred (temporary failure. Command output: ssympa: error: the daemon');
    await site.start();
    // The log tells of the deferral before the queue knows of it: one flush may come too early.
    const flushing = setInterval(() => postfix.flush(), 1_000);
    try {
      await arrived(bob, 'kept');
    } finally {
      clearInterval(flushing);
    }
  });

  /** Waits for a message in a mailbox by a piece of its subject. */
  async function arrived(
    address: string,
    subject: string,
    fits: (text: string) => boolean = () => true,
  ): Promise<Entity> {
    for (let count = 1; ; count++)
      for (const raw of await postfix.mailbox(address, count)) {
        const entity = parseEntity(toCrlf(raw));
        const isIt = findField(entity.header, 'subject')?.body.includes(subject);
        if (isIt && fits(Buffer.from(raw).toString())) return entity;
      }
  }
});

/** The text of a message without the list's footer. */
function textOf(entity: Entity): string {
  return decodedText(entity).replaceAll('\r\n', '\n');
}
