import { isTemporary } from '../errors.ts';
import type { Log } from '../log.ts';
import { fitsCommand } from './command-address.ts';
import type { SmtpTimeouts } from './connection.ts';
import { SmtpError } from './error.ts';
import { parseRoute, type Route } from './route.ts';
import { openSession, type SessionSettings, type SmtpSession } from './session.ts';
import { runTransaction, unsuitable } from './transaction.ts';
import type { OutgoingCopy, RecipientReply, Transport, TransportConnection } from './transport.ts';

/** What an SMTP transport is made of. */
export interface SmtpTransportOptions {
  /** `smtp://HOST:PORT`, `smtps://…`, `lmtp://…`, `lmtp:unix:/path`; `?tls=required` or `?tls=never`. */
  readonly url: string;
  readonly maxConnections: number;
  readonly log: Log;
  readonly helloName?: string;
  readonly timeouts?: Partial<SmtpTimeouts>;
}

const defaultTimeouts: SmtpTimeouts = { connectMs: 30_000, replyMs: 300_000, dataMs: 600_000 };
/** A connection is given up after so many messages: servers count them too. */
const maxCopiesPerConnection = 1_000;
const idleCloseMs = 10_000;

/**
 * Makes a pool of connections to one server.
 *
 * @throws SmtpError `bad-route`
 */
export function smtpTransport(options: SmtpTransportOptions): Transport {
  return new SmtpPool(parseRoute(options.url), options);
}

interface Idle {
  readonly session: SmtpSession;
  readonly copies: number;
  readonly timer: NodeJS.Timeout;
}

class SmtpPool implements Transport {
  readonly maxConnections: number;
  readonly settings: SessionSettings;
  readonly #idle: Idle[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #closed = false;

  constructor(route: Route, options: SmtpTransportOptions) {
    this.maxConnections = Math.max(1, options.maxConnections);
    this.settings = {
      route,
      helloName: options.helloName ?? 'localhost',
      timeouts: { ...defaultTimeouts, ...options.timeouts },
      log: options.log,
    };
  }

  async acquire(): Promise<TransportConnection> {
    while (this.#taken >= this.maxConnections)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken++;
    const idle = this.#idle.pop();
    if (idle) clearTimeout(idle.timer);
    return new PooledConnection(this, idle?.session, idle?.copies ?? 0);
  }

  /** Takes a connection back, and keeps it for a while when it is still good. */
  giveBack(session: SmtpSession | undefined, copies: number): void {
    this.#taken--;
    if (session?.connection.isUsable && copies < maxCopiesPerConnection && !this.#closed)
      this.#keep(session, copies);
    else if (session) void quit(session);
    this.#waiting.shift()?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const idle = this.#idle.splice(0);
    for (const { timer } of idle) clearTimeout(timer);
    await Promise.all(idle.map(({ session }) => quit(session)));
  }

  #keep(session: SmtpSession, copies: number): void {
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((one) => one.session === session);
      if (at >= 0) this.#idle.splice(at, 1);
      void quit(session);
    }, idleCloseMs);
    this.#idle.push({ session, copies, timer });
  }
}

class PooledConnection implements TransportConnection {
  readonly #pool: SmtpPool;
  #session: SmtpSession | undefined;
  #copies: number;
  #released = false;

  constructor(pool: SmtpPool, session: SmtpSession | undefined, copies: number) {
    this.#pool = pool;
    this.#session = session;
    this.#copies = copies;
  }

  async send(copy: OutgoingCopy): Promise<readonly RecipientReply[]> {
    if (![copy.envelopeSender, ...copy.recipients].every(fitsCommand)) return refuseUnsafe(copy);
    const replies: (RecipientReply | undefined)[] = [];
    const failure = await this.#try(copy, replies);
    return copy.recipients.map((recipient, i) => replies[i] ?? { ...failure!, recipient });
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#pool.giveBack(this.#session, this.#copies);
    this.#session = undefined;
  }

  /** Fills in the replies; gives what holds for those who got none. */
  async #try(
    copy: OutgoingCopy,
    replies: (RecipientReply | undefined)[],
  ): Promise<Omit<RecipientReply, 'recipient'> | undefined> {
    const worn = this.#copies >= maxCopiesPerConnection || this.#session?.connection.isUsable === false;
    if (worn) this.#drop();
    const kept = this.#session?.connection;
    const seen = kept?.replies;
    try {
      return await this.#transact(copy, replies);
    } catch (error) {
      this.#drop();
      // The peer closed a kept connection and saw nothing of this copy: nothing can go out twice.
      const stale = kept !== undefined && kept.replies === seen;
      if (stale && !isSlow(error)) return this.#try(copy, replies);
      return failureReply(error);
    }
  }

  async #transact(
    copy: OutgoingCopy,
    replies: (RecipientReply | undefined)[],
  ): Promise<Omit<RecipientReply, 'recipient'> | undefined> {
    const { settings } = this.#pool;
    const { timeouts, route } = settings;
    this.#session ??= await openSession(settings);
    const session = this.#session;
    const misfit = unsuitable(session, copy);
    if (misfit) return misfit;
    this.#copies++;
    await runTransaction({ session, copy, timeouts, lmtp: route.protocol === 'lmtp', replies });
    // RFC 5321 §3.8: after 421 the server closes the connection.
    if (replies.some((reply) => reply?.code === 421)) this.#drop();
    return undefined;
  }

  #drop(): void {
    this.#session?.connection.close();
    this.#session = undefined;
    this.#copies = 0;
  }
}

async function quit({ connection }: SmtpSession): Promise<void> {
  await connection.write(['QUIT\r\n']).catch(() => undefined);
  connection.close();
}

function isSlow(error: unknown): boolean {
  return error instanceof SmtpError && error.code === 'peer-timeout';
}

function failureReply(error: unknown): Omit<RecipientReply, 'recipient'> {
  if (!(error instanceof SmtpError)) throw error;
  const status = isTemporary(error) ? 'temporary' : 'permanent';
  return { status, code: 0, enhanced: '', text: `${error.code}: ${error.message}` };
}

function refuseUnsafe(copy: OutgoingCopy): readonly RecipientReply[] {
  const reply = {
    status: 'permanent',
    code: 553,
    enhanced: '5.1.3',
    text: 'the address cannot be written in SMTP',
  } as const;
  return copy.recipients.map((recipient) => ({ ...reply, recipient }));
}
