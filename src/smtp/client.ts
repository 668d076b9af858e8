import { isTemporary, SsympaError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SmtpTimeouts } from './connection.ts';
import { parseRoute, type Route } from './route.ts';
import { openSession, type SmtpSession } from './session.ts';
import { runTransaction, unsuitable } from './transaction.ts';
import type { OutgoingCopy, RecipientReply, Transport, TransportConnection } from './transport.ts';

/** What an SMTP transport is made of. */
export interface SmtpTransportOptions {
  /** `smtp://HOST:PORT`, `smtps://…`, `lmtp://…`, `lmtp:unix:/path`. */
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
  readonly route: Route;
  readonly timeouts: SmtpTimeouts;
  readonly log: Log;
  readonly helloName: string;
  readonly #idle: Idle[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #closed = false;

  constructor(route: Route, options: SmtpTransportOptions) {
    this.route = route;
    this.maxConnections = options.maxConnections;
    this.timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.log = options.log;
    this.helloName = options.helloName ?? 'localhost';
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
    if (session?.connection.isUsable && copies < maxCopiesPerConnection && !this.#closed) {
      const timer = setTimeout(() => {
        this.#idle.splice(
          this.#idle.findIndex((one) => one.session === session),
          1,
        );
        quit(session);
      }, idleCloseMs);
      this.#idle.push({ session, copies, timer });
    } else if (session) quit(session);
    this.#waiting.shift()?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const idle of this.#idle.splice(0)) {
      clearTimeout(idle.timer);
      quit(idle.session);
    }
  }
}

class PooledConnection implements TransportConnection {
  readonly #pool: SmtpPool;
  #session: SmtpSession | undefined;
  #copies: number;
  /** True while the session was used before: the peer may have closed it in the meantime. */
  #reused: boolean;

  constructor(pool: SmtpPool, session: SmtpSession | undefined, copies: number) {
    this.#pool = pool;
    this.#session = session;
    this.#copies = copies;
    this.#reused = session !== undefined;
  }

  async send(copy: OutgoingCopy): Promise<readonly RecipientReply[]> {
    if (copy.recipients.some(isUnsafe) || isUnsafe(copy.envelopeSender)) return refuseUnsafe(copy);
    const replies = new Map<string, RecipientReply>();
    try {
      const session = await this.#ready();
      const misfit = unsuitable(session, copy);
      if (misfit) return copy.recipients.map((recipient) => ({ ...misfit, recipient }));
      const { timeouts, route } = this.#pool;
      this.#copies++;
      await runTransaction(session, copy, timeouts, route.protocol === 'lmtp', (reply) =>
        replies.set(reply.recipient, reply),
      );
    } catch (error) {
      this.#drop();
      const failed = failureReply(error);
      return copy.recipients.map((recipient) => replies.get(recipient) ?? { ...failed, recipient });
    }
    return copy.recipients.map((recipient) => replies.get(recipient)!);
  }

  release(): void {
    this.#pool.giveBack(this.#session, this.#copies);
    this.#session = undefined;
  }

  async #ready(): Promise<SmtpSession> {
    if (this.#session && this.#copies >= maxCopiesPerConnection) this.#drop();
    if (this.#session && this.#reused && !(await isAlive(this.#session, this.#pool.timeouts))) this.#drop();
    this.#reused = false;
    if (this.#session?.connection.isUsable) return this.#session;
    const { route, helloName, timeouts } = this.#pool;
    this.#session = await openSession(route, helloName, timeouts);
    this.#copies = 0;
    return this.#session;
  }

  #drop(): void {
    this.#session?.connection.close();
    this.#session = undefined;
    this.#copies = 0;
  }
}

/** Asks a connection that lay idle whether the peer is still there, before a message depends on it. */
async function isAlive({ connection }: SmtpSession, timeouts: SmtpTimeouts): Promise<boolean> {
  try {
    await connection.write(['RSET\r\n']);
    return (await connection.reply(timeouts.replyMs)).code === 250;
  } catch (error) {
    if (error instanceof SsympaError) return false;
    throw error;
  }
}

function quit({ connection }: SmtpSession): void {
  connection
    .write(['QUIT\r\n'])
    .catch(() => undefined)
    .finally(() => connection.close());
}

function failureReply(error: unknown): Omit<RecipientReply, 'recipient'> {
  if (!(error instanceof SsympaError)) throw error;
  const status = isTemporary(error) ? 'temporary' : 'permanent';
  return { status, code: 0, enhanced: '', text: `${error.code}: ${error.message}` };
}

/** An address that could end its command early never reaches the wire. */
function isUnsafe(address: string): boolean {
  return /[\r\n\0<>]/.test(address);
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
