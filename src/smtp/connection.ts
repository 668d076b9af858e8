import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SmtpError } from './error.ts';
import { ReplyReader, type SmtpReply } from './reply-reader.ts';
import type { Route } from './route.ts';

/** Times after which a silent peer is given up, in ms (RFC 5321 §4.5.3.2 asks for minutes). */
export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly replyMs: number;
  /** For the reply to the final dot. */
  readonly dataMs: number;
}

interface Waiter {
  readonly resolve: (reply: SmtpReply) => void;
  readonly reject: (error: Error) => void;
}

/** A connection that writes commands and waits for replies in order. Any trouble ends it and rejects all who wait. */
export class SmtpConnection {
  #socket: Socket;
  #reader = new ReplyReader();
  readonly #waiters: Waiter[] = [];
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#attach();
  }

  /** @throws SmtpError `peer-unreachable`, `peer-timeout` */
  static async open(route: Route, timeouts: SmtpTimeouts): Promise<SmtpConnection> {
    const socket = await openSocket(route, timeouts.connectMs);
    return new SmtpConnection(socket);
  }

  get isUsable(): boolean {
    return this.#failure === undefined && !this.#socket.destroyed;
  }

  /** Writes pieces at once, without joining them, and waits while the peer reads slowly. */
  async write(pieces: readonly (string | Uint8Array)[]): Promise<void> {
    if (this.#failure) throw this.#failure;
    const socket = this.#socket;
    socket.cork();
    let flows = true;
    for (const piece of pieces) if (piece.length > 0) flows = socket.write(piece);
    socket.uncork();
    if (flows || !socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.once('drain', done);
      socket.once('close', done);
    });
  }

  /** Waits for the next reply. @throws SmtpError `peer-timeout`, `peer-babbles`, `connection-lost` */
  async reply(timeoutMs: number): Promise<SmtpReply> {
    if (this.#failure) throw this.#failure;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(new SmtpError('peer-timeout', 'the mail server did not answer in time')),
        timeoutMs,
      );
      this.#waiters.push({
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /** Goes on in TLS after a good reply to STARTTLS. What came before is forgotten (RFC 3207 §4.2). */
  async startTls(servername: string, timeoutMs: number): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners();
    this.#reader = new ReplyReader();
    await new Promise<void>((resolve, reject) => {
      // Opportunistic TLS (RFC 7435): it keeps out who only listens; the route says when more is asked for.
      const secure = connectTls({ socket: plain, servername, rejectUnauthorized: false }, resolve);
      const timer = setTimeout(() => secure.destroy(new Error('TLS handshake timed out')), timeoutMs);
      secure.once('secureConnect', () => clearTimeout(timer));
      secure.once('error', reject);
      this.#socket = secure;
    }).catch((cause: unknown) => {
      throw new SmtpError('connection-lost', 'the TLS handshake with the mail server failed', { cause });
    });
    this.#socket.removeAllListeners('error');
    this.#attach();
  }

  close(): void {
    this.#failure ??= new SmtpError('connection-lost', 'the connection is closed');
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #attach(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => this.#received(bytes));
    this.#socket.on('error', () => this.#fail(lost()));
    this.#socket.on('close', () => this.#fail(lost()));
  }

  #received(bytes: Buffer): void {
    try {
      for (const reply of this.#reader.push(bytes)) {
        const waiter = this.#waiters.shift();
        // RFC 5321 §3.8: a server may say 421 at any time.
        if (waiter) waiter.resolve(reply);
        else this.#fail(lost());
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
  }
}

function lost(): SmtpError {
  return new SmtpError('connection-lost', 'the mail server closed the connection');
}

async function openSocket(route: Route, timeoutMs: number): Promise<Socket> {
  const target = route.path === undefined ? { host: route.host, port: route.port } : { path: route.path };
  return new Promise((resolve, reject) => {
    const socket =
      route.tls === 'implicit' ? connectTls({ ...target, rejectUnauthorized: false }) : connectTcp(target);
    const timer = setTimeout(() => socket.destroy(new Error('timed out')), timeoutMs);
    socket.once(route.tls === 'implicit' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause) => {
      clearTimeout(timer);
      reject(new SmtpError('peer-unreachable', `no connection to ${route.name}`, { cause }));
    });
  });
}
