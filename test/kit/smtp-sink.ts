import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

/** One message that the sink took. */
export interface SunkMessage {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** As sent, without dot-stuffing. */
  readonly data: Uint8Array;
  /** Number of the connection that it came on. */
  readonly connection: number;
}

/** What the sink says at a step: a whole reply line, `undefined` for the usual, `'close'` to hang up. */
export type SinkRule = (event: SinkEvent) => string | 'close' | undefined;

/** Where a transaction stands. */
export interface SinkEvent {
  readonly step: 'connect' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'final';
  readonly connection: number;
  /** The address of `mail` and `rcpt`. */
  readonly address: string;
  /** The command as it came. */
  readonly line: string;
  /** Reads nothing more from this connection. */
  pause(): void;
}

/** A receiving SMTP server for tests, written on sockets alone. */
export interface SmtpSink {
  readonly port: number;
  readonly messages: readonly SunkMessage[];
  /** Decides replies; may be changed at any time. */
  rule: SinkRule;
  /** False counts messages and throws their bytes away. */
  keep: boolean;
  readonly count: number;
  clear(): void;
  /** Waits for a number of messages. */
  waitFor(count: number, timeoutMs?: number): Promise<readonly SunkMessage[]>;
  /** Waits until each address got a message (twice when it stands twice); gives one message for each. */
  waitForRecipients(addresses: readonly string[], timeoutMs?: number): Promise<readonly SunkMessage[]>;
  /** Waits for a sealed message to an address. */
  waitForPkcs7(address: string, timeoutMs?: number): Promise<SunkMessage>;
  close(): Promise<void>;
}

/** Starts a sink on a free loopback port. */
export async function startSmtpSink(
  options: { readonly extensions?: readonly string[] } = {},
): Promise<SmtpSink> {
  const sink = new Sink(
    options.extensions ?? ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'SIZE 200000000', 'ENHANCEDSTATUSCODES'],
  );
  await sink.listen();
  return sink;
}

class Sink implements SmtpSink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #extensions: readonly string[];
  readonly #waiters = new Set<() => void>();
  #messages: SunkMessage[] = [];
  #connections = 0;
  #port = 0;
  count = 0;
  keep = true;
  rule: SinkRule = () => undefined;

  constructor(extensions: readonly string[]) {
    this.#extensions = extensions;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get port(): number {
    return this.#port;
  }

  get messages(): readonly SunkMessage[] {
    return this.#messages;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  clear(): void {
    this.#messages = [];
    this.count = 0;
  }

  async waitFor(count: number, timeoutMs = 20_000): Promise<readonly SunkMessage[]> {
    await this.#until(
      () => this.count >= count,
      timeoutMs,
      () => `${count} messages, got ${this.count}`,
    );
    return this.#messages;
  }

  async waitForRecipients(addresses: readonly string[], timeoutMs = 20_000): Promise<readonly SunkMessage[]> {
    const missing = () => {
      const left = [...addresses];
      for (const message of this.#messages)
        for (const recipient of message.recipients) {
          const at = left.indexOf(recipient);
          if (at >= 0) left.splice(at, 1);
        }
      return left;
    };
    await this.#until(
      () => missing().length === 0,
      timeoutMs,
      () => `mail for ${missing().join(', ')}`,
    );
    const unused = [...this.#messages];
    return addresses.map((address) => {
      const at = unused.findIndex((message) => message.recipients.includes(address));
      const message = unused[at]!;
      if (message.recipients.length === 1) unused.splice(at, 1);
      return message;
    });
  }

  async waitForPkcs7(address: string, timeoutMs = 20_000): Promise<SunkMessage> {
    const find = () =>
      this.#messages.find(
        ({ recipients, data }) => recipients.includes(address) && Buffer.from(data).includes('pkcs7-mime'),
      );
    await this.#until(
      () => find() !== undefined,
      timeoutMs,
      () => `a sealed message for ${address}`,
    );
    return find()!;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #until(holds: () => boolean, timeoutMs: number, what: () => string): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`the sink waited in vain for ${what()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#waiters.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      this.#waiters.clear();
    }
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const dialogue = new Dialogue(socket, ++this.#connections, this.#extensions, {
      rule: (event) => this.rule(event),
      keeps: () => this.keep,
      took: (message) => {
        this.count++;
        if (message) this.#messages.push(message);
        for (const wake of this.#waiters) wake();
      },
    });
    dialogue.start();
  }
}

interface DialogueHooks {
  rule(event: SinkEvent): string | 'close' | undefined;
  keeps(): boolean;
  took(message: SunkMessage | undefined): void;
}

const dataEnd = Buffer.from('\r\n.\r\n');
const maxLineBytes = 1 << 20;

/** The data of one message while it comes in; the CRLF before it counts as its first line end. */
class IncomingData {
  readonly #chunks: Buffer[] = [];
  readonly #keeps: boolean;
  #last: Buffer = Buffer.from('\r\n');
  #size = 0;

  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** Takes bytes; gives the number of them that belong to the data when it ends among them. */
  push(bytes: Buffer): number | undefined {
    const seam = Buffer.concat([this.#last, bytes.subarray(0, dataEnd.length - 1)]);
    const across = seam.indexOf(dataEnd);
    const at = across >= 0 ? across - this.#last.length : bytes.indexOf(dataEnd);
    const ends = across >= 0 || at >= 0;
    if (this.#keeps) this.#chunks.push(bytes);
    this.#size += ends ? at + 2 : bytes.length;
    const tail = bytes.length < 4 ? Buffer.concat([this.#last, bytes]) : bytes;
    this.#last = tail.subarray(-4);
    return ends ? at + dataEnd.length : undefined;
  }

  /** Gives the message without dot-stuffing; `undefined` when the bytes are not kept. */
  message(): Uint8Array | undefined {
    return this.#keeps ? unstuff(Buffer.concat(this.#chunks).subarray(0, this.#size)) : undefined;
  }
}

class Dialogue {
  readonly #socket: Socket;
  readonly #connection: number;
  readonly #extensions: readonly string[];
  readonly #hooks: DialogueHooks;
  #rest: Buffer = Buffer.alloc(0);
  #data: IncomingData | undefined;
  #sender: string | undefined;
  #recipients: string[] = [];

  constructor(socket: Socket, connection: number, extensions: readonly string[], hooks: DialogueHooks) {
    this.#socket = socket;
    this.#connection = connection;
    this.#extensions = extensions;
    this.#hooks = hooks;
  }

  start(): void {
    if (!this.#say('connect', '', '220 sink ESMTP')) return;
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    let left = bytes;
    while (left.length > 0 && !this.#socket.destroyed)
      left = this.#data ? this.#takeData(this.#data, left) : this.#takeLine(left);
  }

  #takeLine(bytes: Buffer): Buffer {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const end = all.indexOf('\n');
    this.#rest = end < 0 ? all : Buffer.alloc(0);
    if (end < 0) {
      if (all.length > maxLineBytes) this.#socket.destroy();
      return Buffer.alloc(0);
    }
    this.#command(all.subarray(0, end).toString('utf8').trimEnd());
    return all.subarray(end + 1);
  }

  #takeData(data: IncomingData, bytes: Buffer): Buffer {
    const end = data.push(bytes);
    if (end === undefined) return Buffer.alloc(0);
    this.#data = undefined;
    this.#finish(data);
    return bytes.subarray(end);
  }

  #finish(incoming: IncomingData): void {
    const ruled = this.#hooks.rule(this.#event('final', '', ''));
    if (ruled === 'close') {
      this.#socket.destroy();
      return;
    }
    if (ruled === undefined || ruled.startsWith('2')) {
      const data = incoming.message();
      this.#hooks.took(
        data && {
          sender: this.#sender ?? '',
          recipients: this.#recipients,
          data,
          connection: this.#connection,
        },
      );
    }
    this.#recipients = [];
    this.#sender = undefined;
    this.#socket.write(`${ruled ?? '250 2.0.0 taken'}\r\n`);
  }

  #command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO') {
      const lines = ['sink', ...this.#extensions];
      this.#say(
        'ehlo',
        '',
        lines.map((one, i) => `250${i === lines.length - 1 ? ' ' : '-'}${one}`).join('\r\n'),
      );
    } else if (verb === 'MAIL') {
      const said = this.#say('mail', address, '250 2.1.0 fine', line);
      this.#sender = said?.startsWith('2') ? address : undefined;
      this.#recipients = [];
    } else if (verb === 'RCPT') {
      const usual = this.#sender === undefined ? '503 5.5.1 no sender' : '250 2.1.5 fine';
      const said = this.#say('rcpt', address, usual, line);
      if (said?.startsWith('2')) this.#recipients.push(address);
    } else if (verb === 'DATA') {
      const usual = this.#recipients.length > 0 ? '354 go on' : '503 5.5.1 no recipients';
      const said = this.#say('data', '', usual, line);
      if (said?.startsWith('354')) this.#data = new IncomingData(this.#hooks.keeps());
    } else if (verb === 'QUIT') {
      this.#socket.end('221 2.0.0 bye\r\n');
    } else {
      if (verb === 'RSET') this.#sender = undefined;
      this.#socket.write('250 2.0.0 fine\r\n');
    }
  }

  #say(step: SinkEvent['step'], address: string, usual: string, line = ''): string | undefined {
    const ruled = this.#hooks.rule(this.#event(step, address, line));
    if (ruled === 'close') {
      this.#socket.destroy();
      return undefined;
    }
    this.#socket.write(`${ruled ?? usual}\r\n`);
    return ruled ?? usual;
  }

  #event(step: SinkEvent['step'], address: string, line: string): SinkEvent {
    return { step, connection: this.#connection, address, line, pause: () => this.#socket.pause() };
  }
}

function unstuff(data: Buffer): Uint8Array {
  if (!data.includes('\r\n.') && data[0] !== 0x2e) return new Uint8Array(data);
  const text = data.toString('latin1').replaceAll('\r\n..', '\r\n.').replace(/^\.\./, '.');
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
