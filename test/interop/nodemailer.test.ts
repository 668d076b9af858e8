import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { smtpTransport } from '../../src/smtp/client.ts';
import { dotStuff } from '../../src/smtp/dot-stuffing.ts';
import { type MailHandler, type MailListener, startMailListener } from '../../src/smtp/listener.ts';
import { listenerReplies } from '../../src/smtp/reply.ts';
import { makeTestCa } from '../kit/ca.ts';

interface Taken {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly raw: string;
}

const taken: Taken[] = [];
const sender = 'alice@example.org';
const recipients = ['one@lists.example.org', 'two@lists.example.org'];

/** Messages of CRLF lines, with all that is special on the wire. */
const messages = fc
  .array(
    fc.oneof(
      fc.constantFrom('', '.', '..', '.x', 'From x', 'QUIT', '\0', 'ü', 'x'.repeat(2_000)),
      fc.string({ maxLength: 90 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'utf8'));

describe('nodemailer sends to our listeners', () => {
  const listeners: MailListener[] = [];
  const handler: MailHandler = {
    recipient: async () => listenerReplies.recipientFine,
    messageForEach: async (envelope, raw) => {
      taken.push({ ...envelope, sender: envelope.envelopeSender, raw: Buffer.from(raw).toString('latin1') });
      return envelope.recipients.map(() => listenerReplies.stored);
    },
    messageForAll: async (envelope, raw) => (await handler.messageForEach(envelope, raw))[0]!,
  };
  afterAll(() => Promise.all(listeners.map((listener) => listener.close())));

  it.each(['lmtp', 'smtp'] as const)('over %s, and every byte comes through', async (protocol) => {
    const target = { host: '127.0.0.1', port: 0 };
    const options = {
      protocol,
      target,
      handler,
      hostName: 'x.example',
      maxMessageBytes: 1e6,
      log: silentLog,
    };
    const listener = await startMailListener(options);
    listeners.push(listener);
    const port = Number(listener.address.split(':')[1]);
    const mailer = createTransport({ host: '127.0.0.1', port, lmtp: protocol === 'lmtp', pool: true });
    await fc.assert(
      fc.asyncProperty(messages, async (raw) => {
        taken.length = 0;
        const sent = await mailer.sendMail({ envelope: { from: sender, to: [...recipients] }, raw });
        expect(sent.accepted).toEqual(recipients);
        expect(taken.map((one) => [one.sender, one.recipients])).toEqual([[sender, recipients]]);
        expect(taken[0]!.raw).toBe(raw.toString('latin1'));
      }),
      { numRuns: 30 },
    );
    mailer.close();
  });
});

describe('our client sends to smtp-server', () => {
  let server: SMTPServer;
  let port: number;
  beforeAll(async () => {
    const pair = makeTestCa().issue({ address: 'mx@example.org', use: 'both', algorithm: 'rsa-2048' });
    server = new SMTPServer({
      key: pair.privateKeyPem,
      cert: pair.certificatePem,
      authOptional: true,
      disableReverseLookup: true,
      logger: false,
      onData(stream, { secure, envelope }, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          taken.push({
            sender: `${secure} ${from}`,
            recipients: to,
            raw: Buffer.concat(chunks).toString('latin1'),
          });
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    port = (server.server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

  it.each([
    ['in TLS', '', true],
    ['in clear', '?tls=never', false],
  ])('%s, and every byte comes through', async (_name, query, secure) => {
    const transport = smtpTransport({
      url: `smtp://127.0.0.1:${port}${query}`,
      maxConnections: 1,
      log: silentLog,
    });
    const connection = await transport.acquire();
    await fc.assert(
      fc.asyncProperty(messages, fc.nat(), async (raw, at) => {
        taken.length = 0;
        const stuffed = dotStuff(raw);
        const pieces = [stuffed.subarray(0, at % stuffed.length), stuffed.subarray(at % stuffed.length)];
        const copy = { envelopeSender: sender, recipients, pieces, size: raw.length };
        const replies = await connection.send({ ...copy, smtputf8: false, eightBit: true });
        expect(replies.map(({ status }) => status)).toEqual(['sent', 'sent']);
        expect(taken).toEqual([{ sender: `${secure} ${sender}`, recipients, raw: raw.toString('latin1') }]);
      }),
      { numRuns: 30 },
    );
    connection.release();
    await transport.close();
  });
});
