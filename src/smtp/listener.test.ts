import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { playClient } from '../../test/kit/smtp-dialogue.ts';
import { silentLog } from '../log.ts';
import { smtpTransport } from './client.ts';
import {
  type IncomingEnvelope,
  type ListenTarget,
  type MailHandler,
  type MailListener,
  startMailListener,
} from './listener.ts';
import { type ListenerReply, listenerReplies } from './reply.ts';

/** Takes mail for every address but those that start with `no`; keeps what it took. */
class Mailbox implements MailHandler {
  readonly taken: { readonly envelope: IncomingEnvelope; readonly raw: Buffer }[] = [];
  gate: Promise<void> = Promise.resolve();

  async recipient(address: string): Promise<ListenerReply> {
    if (address.startsWith('trouble')) throw new Error('a bug');
    return address.startsWith('no') ? listenerReplies.noSuchAddress : listenerReplies.recipientFine;
  }

  async messageForEach(envelope: IncomingEnvelope, raw: Uint8Array): Promise<readonly ListenerReply[]> {
    await this.gate;
    this.taken.push({ envelope, raw: Buffer.from(raw) });
    return envelope.recipients.map((one) =>
      one.startsWith('later') ? listenerReplies.ownTrouble : listenerReplies.stored,
    );
  }

  async messageForAll(envelope: IncomingEnvelope, raw: Uint8Array): Promise<ListenerReply> {
    return (
      (await this.messageForEach(envelope, raw)).find(({ code }) => code >= 300) ?? listenerReplies.stored
    );
  }
}

const maxMessageBytes = 1 << 20;
let mailbox = new Mailbox();
const open: MailListener[] = [];

async function listen(
  protocol: 'lmtp' | 'smtp',
  target: ListenTarget = { host: '127.0.0.1', port: 0 },
): Promise<MailListener> {
  const handler: MailHandler = {
    recipient: (address) => mailbox.recipient(address),
    messageForEach: (envelope, raw) => mailbox.messageForEach(envelope, raw),
    messageForAll: (envelope, raw) => mailbox.messageForAll(envelope, raw),
  };
  const options = {
    protocol,
    target,
    handler,
    maxMessageBytes,
    hostName: 'lists.example.org',
    log: silentLog,
  };
  const listener = await startMailListener(options);
  open.push(listener);
  return listener;
}

function portOf({ address }: MailListener): { readonly port: number } {
  return { port: Number(address.split(':').at(-1)) };
}

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
  mailbox = new Mailbox();
});

describe('the LMTP listener', () => {
  it('has a reply for each recipient, with enhanced codes of its own', async () => {
    const listener = await listen('lmtp');
    await playClient(
      portOf(listener),
      `
      s: 220 lists.example.org LMTP S/Sympa
      c: LHLO mx.example.org
      s: 250-lists.example.org…
      s: 250-PIPELINING
      s: 250-8BITMIME
      s: 250-SMTPUTF8
      s: 250-ENHANCEDSTATUSCODES
      s: 250 SIZE 1048576
      c: MAIL FROM:<>
      s: 250 2.1.0 Accepted
      c: RCPT TO:<one@lists.example.org>
      s: 250 2.1.5 Accepted
      c: RCPT TO:<nobody@lists.example.org>
      s: 550 5.1.1 no such address here
      c: RCPT TO:<trouble@lists.example.org>
      s: 451 4.3.0 local trouble, try again later
      c: RCPT TO:<later@lists.example.org>
      s: 250 2.1.5 Accepted
      c: RCPT TO:<ONE@lists.example.org>
      s: 452 4.5.3 recipient given twice, a transaction each please
      c: DATA
      s: 354 End data with <CR><LF>.<CR><LF>
      c: Subject: x
      c:
      c: hello
      c: .
      s: 250 2.0.0 stored
      s: 451 4.3.0 local trouble, try again later
      c: QUIT
      s: 221 2.0.0 Bye
      s!
    `,
    );
    expect(mailbox.taken.map(({ envelope }) => envelope)).toEqual([
      { envelopeSender: '', recipients: ['one@lists.example.org', 'later@lists.example.org'] },
    ]);
    expect(mailbox.taken[0]!.raw.toString()).toBe('Subject: x\r\n\r\nhello\r\n');
  });

  it('takes senders that exist though no grammar has them', async () => {
    await playClient(
      portOf(await listen('lmtp')),
      `
      s: 220 …
      c: LHLO mx
      s: 250-…
      s: 250-PIPELINING
      s: 250-8BITMIME
      s: 250-SMTPUTF8
      s: 250-ENHANCEDSTATUSCODES
      s: 250 SIZE 1048576
      c: MAIL FROM:<user.@example.org>
      s: 250 2.1.0 Accepted
      c: RSET
      s: 250 2.0.0 Flushed
      c: MAIL FROM:<jörg@exämple.org> SMTPUTF8
      s: 250 2.1.0 Accepted
      c: RCPT TO:<no..body@lists.example.org>
      s: 550 5.1.1 no such address here
    `,
    );
  });

  it('does not speak SMTP', async () => {
    await playClient(
      portOf(await listen('lmtp')),
      `
      s: 220 …
      c: EHLO mx.example.org
      s: 500 …
      c: MAIL FROM:<a@example.org>
      s: 503 5.5.1 …
    `,
    );
  });

  it('refuses what is too large by its announcement, and what is too large without one', async () => {
    const listener = await listen('lmtp');
    await playClient(
      portOf(listener),
      `
      s: 220 …
      c: LHLO mx.example.org
      s: 250-…
      s: 250-PIPELINING
      s: 250-8BITMIME
      s: 250-SMTPUTF8
      s: 250-ENHANCEDSTATUSCODES
      s: 250 SIZE 1048576
      c: MAIL FROM:<a@example.org> SIZE=1048577
      s: 552 5.3.4 …
      c: MAIL FROM:<a@example.org>
      s: 250 2.1.0 Accepted
      c: RCPT TO:<one@lists.example.org>
      s: 250 2.1.5 Accepted
      c: RCPT TO:<two@lists.example.org>
      s: 250 2.1.5 Accepted
      c: DATA
      s: 354 …
      c> ${JSON.stringify(`${'x'.repeat(998)}\r\n`.repeat(1_050))}
      c: .
      s: 552 5.3.4 message too large
      s: 552 5.3.4 message too large
      c: NOOP
      s: 250 2.0.0 OK
    `,
    );
    expect(mailbox.taken).toEqual([]);
  });

  it('takes at a unix socket that any user may write to, replaces one left behind, but not one in use', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ssympa-listener-'));
    try {
      const path = join(folder, 'data', 'lmtp.sock');
      const listener = await listen('lmtp', { path });
      expect(listener.address).toBe(`unix:${path}`);
      expect(statSync(path).mode & 0o777).toBe(0o666);
      await playClient({ path }, 's: 220 …\nc: QUIT\ns: 221 …');
      await expect(listen('lmtp', { path })).rejects.toMatchObject({ code: 'listen-failed' });
      await playClient({ path }, 's: 220 …');
      const inTheWay = join(folder, 'file');
      writeFileSync(inTheWay, 'not a socket');
      await expect(listen('lmtp', { path: inTheWay })).rejects.toMatchObject({ code: 'listen-failed' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('takes nothing of a message that was broken off, and the last line is never its end', async () => {
    const listener = await listen('lmtp');
    const commands = 'LHLO mx\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<one@lists.example.org>\r\nDATA\r\n';
    for (const data of ['', 'half', 'half\r\n', 'half\r\n.', 'half\r\n.\r']) {
      const socket = connect({ host: '127.0.0.1', ...portOf(listener) });
      const heard = new Promise<void>((resolve) => {
        let said = '';
        socket.on('data', (bytes: Buffer) => {
          if (said === '') socket.write(commands);
          said += bytes.toString();
          if (said.includes('354 ')) socket.end(data);
        });
        socket.on('close', () => resolve());
      });
      await heard;
    }
    await expect.poll(() => listener.connections).toBe(0);
    expect(mailbox.taken).toEqual([]);
  });

  it('ends a transaction under way before it closes, and sends idle peers away at once', async () => {
    const listener = await listen('lmtp');
    let letGo: () => void = () => undefined;
    mailbox.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const idle = playClient(portOf(listener), 's: 220 …\ns: 421 4.3.2 …\ns!');
    const transport = smtpTransport({ url: `lmtp://${listener.address}`, maxConnections: 1, log: silentLog });
    const connection = await transport.acquire();
    const raw = Buffer.from('Subject: x\r\n\r\n');
    const sent = connection.send({
      envelopeSender: '',
      recipients: ['one@lists.example.org'],
      pieces: [raw],
      size: raw.length,
      smtputf8: false,
      eightBit: false,
    });
    await expect.poll(() => listener.connections).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedAt = Date.now();
    const closed = listener.close();
    await idle;
    setTimeout(letGo, 50);
    expect((await sent)[0]).toMatchObject({ status: 'sent', code: 250, enhanced: '2.0.0' });
    await closed;
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    connection.release();
    await transport.close();
  });
});

describe('the SMTP listener', () => {
  it('has one reply for all recipients', async () => {
    const listener = await listen('smtp');
    await playClient(
      portOf(listener),
      `
      s: 220 lists.example.org ESMTP S/Sympa
      c: HELO mx.example.org
      s: 250 …
      c: MAIL FROM:<a@example.org>
      s: 250 2.1.0 Accepted
      c: RCPT TO:<one@lists.example.org>
      s: 250 2.1.5 Accepted
      c: RCPT TO:<later@lists.example.org>
      s: 250 2.1.5 Accepted
      c: DATA
      s: 354 …
      c: x
      c: .
      s: 451 4.3.0 local trouble, try again later
      c: STARTTLS
      s: 500 …
      c: AUTH PLAIN AAAA
      s: 500 …
    `,
    );
  });

  it('ends a peer that sends a command without end', async () => {
    await playClient(
      portOf(await listen('smtp')),
      `
      s: 220 …
      c> ${JSON.stringify('x'.repeat(100_000))}
      s: 421 …
      s!
    `,
    );
  });
});
