import { silentLog } from '../log.ts';
import { fitsCommand } from '../smtp/command-address.ts';
import type { SmtpTimeouts } from '../smtp/connection.ts';
import { SmtpError } from '../smtp/error.ts';
import type { SmtpReply } from '../smtp/reply-reader.ts';
import { parseRoute } from '../smtp/route.ts';
import { openSession, type SmtpSession } from '../smtp/session.ts';
import { WireEncoder } from '../smtp/wire-encoder.ts';
import { IntakeError } from './error.ts';

/** A message that is handed to the daemon. */
export interface HandOverParts {
  /** Path of the daemon's unix socket. */
  readonly socket: string;
  readonly recipient: string;
  /** Empty for the null sender. */
  readonly envelopeSender: string;
  /** The message, with local or with CRLF line ends. */
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly timeouts?: SmtpTimeouts;
}

/** The MTA behind the pipe waits too; it gives up after some minutes. */
const defaultTimeouts: SmtpTimeouts = { connectMs: 10_000, replyMs: 120_000, dataMs: 300_000 };

/**
 * Hands one message to the daemon by LMTP, as it comes in: nothing but the piece at hand is kept. When it returns, the
 * daemon has stored the message.
 *
 * @throws IntakeError `address-refused`, `message-refused`, `not-taken`, `daemon-unreachable`
 */
export async function handOver(parts: HandOverParts): Promise<void> {
  try {
    await deliver(parts);
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    const text = `the daemon does not take mail at ${parts.socket}: ${error.message}`;
    const hint = 'is "ssympa start" running, and may this user reach the socket?';
    throw new IntakeError('daemon-unreachable', text, { cause: error, hint });
  }
}

async function deliver(parts: HandOverParts): Promise<void> {
  const { socket, timeouts = defaultTimeouts } = parts;
  const route = parseRoute(`lmtp:unix:${socket}`);
  const session = await openSession({ route, helloName: 'localhost', timeouts, log: silentLog });
  const { connection } = session;
  try {
    await envelope(session, parts);
    await data(session, parts, timeouts);
    await connection.write(['QUIT\r\n']).catch(() => undefined);
  } finally {
    connection.close();
  }
}

async function envelope({ connection, extensions }: SmtpSession, parts: HandOverParts): Promise<void> {
  const { envelopeSender, recipient } = parts;
  if (!fitsCommand(recipient))
    throw new IntakeError('address-refused', 'the address cannot be written in LMTP');
  if (!fitsCommand(envelopeSender))
    throw new IntakeError('message-refused', 'the envelope sender cannot be written in LMTP');
  const isAscii = /^[\x21-\x7e]*$/.test(envelopeSender + recipient);
  // What the message holds is not known yet; the daemon takes any bytes (RFC 6152 §3).
  const body = extensions.eightBitMime ? ' BODY=8BITMIME' : '';
  const utf8 = extensions.smtpUtf8 && !isAscii ? ' SMTPUTF8' : '';
  const mail = await connection.command(`MAIL FROM:<${envelopeSender}>${body}${utf8}\r\n`);
  if (!isGood(mail)) throw refusal(mail, 'message-refused');
  const rcpt = await connection.command(`RCPT TO:<${recipient}>\r\n`);
  if (!isGood(rcpt))
    throw refusal(rcpt, rcpt.enhanced.startsWith('5.1.') ? 'address-refused' : 'message-refused');
}

async function data(
  { connection, extensions }: SmtpSession,
  { pieces }: HandOverParts,
  { dataMs }: SmtpTimeouts,
): Promise<void> {
  const opened = await connection.command('DATA\r\n');
  if (opened.code !== 354) throw refusal(opened, 'message-refused');
  const encoder = new WireEncoder();
  const limit = extensions.size || Number.POSITIVE_INFINITY;
  for await (const piece of pieces) {
    await connection.write([encoder.encode(piece)]);
    // Without the final dot the daemon stores nothing.
    if (encoder.size > limit)
      throw new IntakeError('message-refused', `the message is larger than ${limit} bytes`);
  }
  if (encoder.size === 0) throw new IntakeError('message-refused', 'there is no message on standard input');
  const stored = await connection.writeThenReply([encoder.end()], dataMs);
  if (!isGood(stored)) throw refusal(stored, 'message-refused');
}

function isGood(reply: SmtpReply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

function refusal(reply: SmtpReply, permanent: 'address-refused' | 'message-refused'): IntakeError {
  const code = reply.code >= 500 ? permanent : 'not-taken';
  return new IntakeError(code, `${reply.code} ${reply.enhanced} ${reply.text}`.replaceAll('  ', ' '));
}
