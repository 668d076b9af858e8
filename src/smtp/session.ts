import type { Log } from '../log.ts';
import { SmtpConnection, type SmtpTimeouts } from './connection.ts';
import { SmtpError } from './error.ts';
import type { SmtpReply } from './reply-reader.ts';
import type { Route } from './route.ts';

/** What a mail server announced after EHLO or LHLO. */
export interface Extensions {
  readonly pipelining: boolean;
  /** Largest message in bytes, 0 for no limit named; `undefined`: SIZE is not known there. */
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

/** What every session of a pool has in common. */
export interface SessionSettings {
  readonly route: Route;
  /** The name that this host gives itself. */
  readonly helloName: string;
  readonly timeouts: SmtpTimeouts;
  readonly log: Log;
}

/**
 * Connects and greets, in TLS where the server offers it and the route wants it.
 *
 * @throws SmtpError `peer-unreachable`, `peer-refuses`, `peer-timeout`, `peer-babbles`, `connection-lost`,
 *   `tls-required`, `tls-failed`
 */
export async function openSession(settings: SessionSettings): Promise<SmtpSession> {
  const { route, log } = settings;
  try {
    return await connect(settings);
  } catch (error) {
    const failedTls = error instanceof SmtpError && error.code === 'tls-failed';
    if (!failedTls || route.tls !== 'offered') throw error;
    // RFC 7435 §3: where TLS is not asked for, mail goes out without rather than not at all.
    log.warn('mail server offers TLS that does not work', { server: route.name });
    return connect({ ...settings, route: { ...route, tls: 'never' } });
  }
}

async function connect(settings: SessionSettings): Promise<SmtpSession> {
  const { route, timeouts } = settings;
  const connection = await SmtpConnection.open(route, timeouts);
  try {
    requirePositive(await connection.reply(timeouts.replyMs), 'greeting');
    let extensions = await greet(connection, settings);
    if (mayStartTls(route, extensions)) {
      const reply = await connection.command('STARTTLS\r\n');
      if (reply.code === 220) {
        await connection.startTls(route.host);
        // RFC 3207 §4.2: what was announced in clear counts no more.
        extensions = await greet(connection, settings);
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

async function greet(connection: SmtpConnection, { route, helloName }: SessionSettings): Promise<Extensions> {
  const reply = await connection.command(`${route.protocol === 'lmtp' ? 'LHLO' : 'EHLO'} ${helloName}\r\n`);
  if (reply.code === 250) return readExtensions(reply);
  // RFC 5321 §3.2: an old server knows HELO alone; one that says 4yz or 421 is busy.
  if (route.protocol === 'lmtp' || reply.code < 500) throw refused(reply, 'greeting');
  requirePositive(await connection.command(`HELO ${helloName}\r\n`), 'HELO');
  return { pipelining: false, size: undefined, eightBitMime: false, smtpUtf8: false, startTls: false };
}

function readExtensions(reply: SmtpReply): Extensions {
  const words = new Map(
    reply.lines.slice(1).map((line) => {
      const [keyword = '', ...rest] = line.trim().split(/\s+/);
      return [keyword.toUpperCase(), rest.join(' ')] as const;
    }),
  );
  // RFC 1870 §3: without a number, or with 0, the server names no limit.
  const size = Number(words.get('SIZE') || 'NaN');
  return {
    pipelining: words.has('PIPELINING'),
    size: words.has('SIZE') ? (Number.isSafeInteger(size) && size > 0 ? size : 0) : undefined,
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
  return new SmtpError('peer-refuses', `the mail server refused at ${step}: ${text}`);
}
