import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SmtpError } from './error.ts';
import { ReplyReader, type SmtpReply } from './reply-reader.ts';
import type { Route } from './route.ts';

/** Times after which a silent peer is given up, in ms (RFC 5321 §4.5.3.2 asks for minutes). */
export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly replyMs: number;
  /** For the reply to the final dot, and for a peer that reads no data. */
  readonly dataMs: number;
}

interface Waiter {
  readonly resolve: (reply: SmtpReply) => void;
  readonly reject: (error: Error) => void;
}

/** A connection that writes commands and waits for replies in order. Any trouble ends it and rejects all who wait. */
export class SmtpConnection {
  readonly #waiters: Waiter[] = [];
  readonly #timeouts: SmtpTimeouts;
  readonly #handlers = {
    data: (bytes: Buffer) => this.#received(bytes),
    error: () => this.#fail(lost()),
    close: () => this.#fail(lost()),
  };
  #socket: Socket;
  #reader = new ReplyReader();
  #failure: Error | undefined;
  #replies = 0;

  private constructor(socket: Socket, timeouts: SmtpTimeouts) {
    this.#socket = socket;
    this.#timeouts = timeouts;
    this.#attach();
  }

  /**
   * Connects to a mail server.
   *
   * @throws SmtpError `peer-unreachable`
   */
  static async open(route: Route, timeouts: SmtpTimeouts): Promise<SmtpConnection> {
    return new SmtpConnection(await openSocket(route, timeouts.connectMs), timeouts);
  }

  get isUsable(): boolean {
    return this.#failure === undefined && !this.#socket.destroyed && this.#socket.writable;
  }

  /** Number of replies that came since the connection was opened. */
  get replies(): number {
    return this.#replies;
  }

  /**
   * Writes pieces at once, without joining them, and waits while the peer reads slowly.
   *
   * @throws SmtpError `connection-lost`, `peer-timeout` when the peer takes nothing for `dataMs`
   */
  async write(pieces: readonly (string | Uint8Array)[]): Promise<void> {
    if (this.#failure) throw this.#failure;
    const socket = this.#socket;
    socket.cork();
    let flows = true;
    for (const piece of pieces) if (piece.length > 0) flows = socket.write(piece);
    socket.uncork();
    if (!flows && socket.writableNeedDrain) await this.#drained(socket);
    if (this.#failure) throw this.#failure;
  }

  /**
   * Waits for the next reply.
   *
   * @throws SmtpError `peer-timeout`, `peer-babbles`, `connection-lost`
   */
  reply(timeoutMs: number): Promise<SmtpReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const timer = setTimeout(() => this.#fail(silent()), timeoutMs);
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      };
      this.#waiters.push({ resolve: settled(resolve), reject: settled(reject) });
    });
  }

  /** Writes one command and waits for its reply. */
  async command(line: string): Promise<SmtpReply> {
    return this.writeThenReply([line], this.#timeouts.replyMs);
  }

  /** Writes, and waits for the one reply to all of it. */
  async writeThenReply(pieces: readonly (string | Uint8Array)[], timeoutMs: number): Promise<SmtpReply> {
    await this.write(pieces);
    return this.reply(timeoutMs);
  }

  /**
   * Goes on in TLS after a good reply to STARTTLS.
   *
   * @throws SmtpError `tls-failed`
   */
  async startTls(servername: string): Promise<void> {
    const plain = this.#socket;
    for (const [event, handler] of Object.entries(this.#handlers)) plain.off(event, handler);
    plain.on('error', () => undefined);
    // RFC 3207 §4.2: what came in clear behind the reply may be another's and is not taken for the server's.
    if (!this.#reader.isEmpty || plain.readableLength > 0) throw this.#give(tlsFailed());
    this.#reader = new ReplyReader();
    this.#socket = await this.#secure(plain, servername);
    this.#attach();
  }

  close(): void {
    this.#failure ??= new SmtpError('connection-lost', 'the connection is closed');
    this.#socket.destroySoon();
  }

  #secure(plain: Socket, servername: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      // Opportunistic TLS (RFC 7435) keeps out who only listens, whatever certificate the server has.
      const options = { socket: plain, rejectUnauthorized: false, ...sni(servername) };
      const secure = connectTls(options, () => {
        clearTimeout(timer);
        secure.off('error', failed).off('close', failed);
        resolve(secure);
      });
      const failed = (cause?: unknown) => {
        clearTimeout(timer);
        secure.on('error', () => undefined).destroy();
        reject(this.#give(tlsFailed(cause)));
      };
      const timer = setTimeout(failed, this.#timeouts.replyMs);
      secure.once('error', failed).once('close', failed);
    });
  }

  #attach(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    for (const [event, handler] of Object.entries(this.#handlers)) socket.on(event, handler);
  }

  #drained(socket: Socket): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        socket.setTimeout(0).off('timeout', stalled).off('drain', done).off('close', done);
        resolve();
      };
      const stalled = () => this.#fail(silent());
      // The socket's own timer starts anew as long as the peer takes some bytes.
      socket.setTimeout(this.#timeouts.dataMs).on('timeout', stalled);
      socket.once('drain', done).once('close', done);
    });
  }

  #received(bytes: Buffer): void {
    try {
      for (const reply of this.#reader.push(bytes)) {
        this.#replies++;
        const waiter = this.#waiters.shift();
        // RFC 5321 §3.8: a server may say 421 at any time; nothing else comes unasked.
        if (waiter) waiter.resolve(reply);
        else this.#fail(lost());
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#give(error);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure!);
  }

  /** Ends the connection for a reason; the first one stays. */
  #give(error: Error): Error {
    this.#failure ??= error;
    this.#socket.destroy();
    return this.#failure;
  }
}

function lost(): SmtpError {
  return new SmtpError('connection-lost', 'the mail server closed the connection');
}

function silent(): SmtpError {
  return new SmtpError('peer-timeout', 'the mail server did not answer in time');
}

function tlsFailed(cause?: unknown): SmtpError {
  return new SmtpError('tls-failed', 'the TLS handshake with the mail server failed', { cause });
}

/** RFC 6066 §3: a server name is a name, never an address. */
function sni(host: string): { readonly servername?: string } {
  return isIP(host) === 0 && host !== '' ? { servername: host } : {};
}

function openSocket(route: Route, timeoutMs: number): Promise<Socket> {
  const target = route.path === undefined ? { host: route.host, port: route.port } : { path: route.path };
  const implicit = route.tls === 'implicit';
  return new Promise((resolve, reject) => {
    const socket = implicit
      ? connectTls({ ...target, rejectUnauthorized: false, ...sni(route.host) })
      : connectTcp(target);
    const failed = (cause?: unknown) => {
      clearTimeout(timer);
      socket.on('error', () => undefined).destroy();
      reject(new SmtpError('peer-unreachable', `no connection to ${route.name}`, { cause }));
    };
    const timer = setTimeout(failed, timeoutMs);
    socket.once('error', failed).once('close', failed);
    socket.once(implicit ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', failed).off('close', failed);
      resolve(socket);
    });
  });
}
