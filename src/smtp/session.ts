import { SmtpConnection, type SmtpTimeouts } from './connection.ts';
import { SmtpError } from './error.ts';
import type { SmtpReply } from './reply-reader.ts';
import type { Route } from './route.ts';

/** What a mail server announced after EHLO or LHLO. */
export interface Extensions {
  readonly pipelining: boolean;
  readonly size: number | undefined;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly startTls: boolean;
}

/** A greeted connection. */
export interface SmtpSession {
  readonly connection: SmtpConnection;
  readonly extensions: Extensions;
}

/**
 * Connects and greets, in TLS where the server offers it and the route wants it.
 *
 * @param helloName the name that this host gives itself
 * @throws SmtpError
 */
export async function openSession(
  route: Route,
  helloName: string,
  timeouts: SmtpTimeouts,
): Promise<SmtpSession> {
  const connection = await SmtpConnection.open(route, timeouts);
  try {
    requirePositive(await connection.reply(timeouts.replyMs), 'greeting');
    let extensions = await greet(connection, route, helloName, timeouts);
    if (mayStartTls(route, extensions)) {
      await connection.write(['STARTTLS\r\n']);
      const reply = await connection.reply(timeouts.replyMs);
      if (reply.code === 220) {
        await connection.startTls(route.host, timeouts.replyMs);
        extensions = await greet(connection, route, helloName, timeouts);
      } else if (route.tls === 'required') throw tlsMissing(route);
    }
    return { connection, extensions };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function mayStartTls(route: Route, { startTls }: Extensions): boolean {
  if (route.tls === 'required' && !startTls) throw tlsMissing(route);
  return startTls && (route.tls === 'required' || route.tls === 'offered');
}

function tlsMissing(route: Route): SmtpError {
  return new SmtpError('tls-required', `${route.name} does not offer TLS`);
}

async function greet(
  connection: SmtpConnection,
  route: Route,
  helloName: string,
  timeouts: SmtpTimeouts,
): Promise<Extensions> {
  await connection.write([`${route.protocol === 'lmtp' ? 'LHLO' : 'EHLO'} ${helloName}\r\n`]);
  const reply = await connection.reply(timeouts.replyMs);
  if (reply.code === 250) return readExtensions(reply);
  if (route.protocol === 'lmtp') throw refused(reply, 'LHLO');
  // RFC 5321 §3.2: an old server knows HELO alone.
  await connection.write([`HELO ${helloName}\r\n`]);
  requirePositive(await connection.reply(timeouts.replyMs), 'HELO');
  return { pipelining: false, size: undefined, eightBitMime: false, smtpUtf8: false, startTls: false };
}

function readExtensions(reply: SmtpReply): Extensions {
  const words = new Map(
    reply.lines.slice(1).map((line) => {
      const [keyword = '', ...rest] = line.trim().split(/\s+/);
      return [keyword.toUpperCase(), rest.join(' ')] as const;
    }),
  );
  const size = Number(words.get('SIZE') ?? '');
  return {
    pipelining: words.has('PIPELINING'),
    size: Number.isSafeInteger(size) && size > 0 ? size : undefined,
    eightBitMime: words.has('8BITMIME'),
    smtpUtf8: words.has('SMTPUTF8'),
    startTls: words.has('STARTTLS'),
  };
}

function requirePositive(reply: SmtpReply, step: string): void {
  if (reply.code < 200 || reply.code > 299) throw refused(reply, step);
}

function refused(reply: SmtpReply, step: string): SmtpError {
  const text = `${reply.code} ${reply.enhanced} ${reply.text}`.slice(0, 300);
  return new SmtpError('peer-unreachable', `the mail server refused at ${step}: ${text}`);
}
