import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from '../log.ts';
import { asBuffer } from '../mime/bytes.ts';
import type { OutgoingCopy, RecipientReply, Transport, TransportConnection } from './transport.ts';

/** What the `sendmail` way out is made of. */
export interface SendmailOptions {
  /** Path of the program. */
  readonly path: string;
  /** Arguments before the addresses, such as `-oi -odi -oem`. */
  readonly args: readonly string[];
  readonly maxProcesses: number;
  readonly log: Log;
  /** Time after which a process that does not end is killed. */
  readonly maxRunMs?: number;
}

type Outcome = Omit<RecipientReply, 'recipient'>;

const defaultMaxRunMs = 300_000;

/** What an exit code of `sendmail` says (sysexits); any other is taken as passing trouble. */
const exitOutcomes: Readonly<Record<number, Outcome>> = {
  0: { status: 'sent', code: 250, enhanced: '2.0.0', text: 'taken by sendmail' },
  64: { status: 'permanent', code: 554, enhanced: '5.3.5', text: 'sendmail: wrong usage' },
  65: { status: 'permanent', code: 554, enhanced: '5.6.0', text: 'sendmail: bad input' },
  66: { status: 'permanent', code: 554, enhanced: '5.3.0', text: 'sendmail: no input' },
  67: { status: 'permanent', code: 550, enhanced: '5.1.1', text: 'sendmail: no such user' },
  68: { status: 'permanent', code: 550, enhanced: '5.1.2', text: 'sendmail: no such host' },
  69: { status: 'permanent', code: 554, enhanced: '5.3.0', text: 'sendmail: service unavailable' },
  70: { status: 'permanent', code: 554, enhanced: '5.3.0', text: 'sendmail: internal error' },
  76: { status: 'permanent', code: 554, enhanced: '5.5.0', text: 'sendmail: protocol error' },
  77: { status: 'permanent', code: 554, enhanced: '5.7.1', text: 'sendmail: not permitted' },
};

const passing: Outcome = {
  status: 'temporary',
  code: 451,
  enhanced: '4.3.0',
  text: 'sendmail ended without a clear answer',
};

/** Makes a way out through the local `sendmail` program: one call a recipient, its exit code the outcome, no shell. */
export function sendmailTransport(options: SendmailOptions): Transport {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    maxConnections: options.maxProcesses,
    async acquire(): Promise<TransportConnection> {
      while (taken >= options.maxProcesses) await new Promise<void>((resolve) => waiting.push(resolve));
      taken++;
      return {
        send: (copy) => sendEach(options, copy),
        release() {
          taken--;
          waiting.shift()?.();
        },
      };
    },
    async close() {},
  };
}

async function sendEach(options: SendmailOptions, copy: OutgoingCopy): Promise<readonly RecipientReply[]> {
  const replies: RecipientReply[] = [];
  for (const recipient of copy.recipients)
    replies.push({ ...(await runOnce(options, copy, recipient)), recipient });
  return replies;
}

async function runOnce(options: SendmailOptions, copy: OutgoingCopy, recipient: string): Promise<Outcome> {
  const sender = copy.envelopeSender === '' ? '<>' : copy.envelopeSender;
  const args = [...options.args, '-f', sender, '--', recipient];
  const child = spawn(options.path, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.maxRunMs ?? defaultMaxRunMs);
  const ended = exitOf(child);
  await feed(child, copy.pieces);
  const exit = await ended;
  clearTimeout(timer);
  if (typeof exit === 'string')
    options.log.error('sendmail cannot be run', { path: options.path, error: exit });
  return typeof exit === 'number' ? (exitOutcomes[exit] ?? passing) : passing;
}

/** Gives the exit code, the error code when the program could not be run, or null when a signal ended it. */
function exitOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    child.once('close', (code) => resolve(code));
  });
}

/** Writes the message; a program that ends early has said by its exit code why. */
function feed(child: ChildProcess, pieces: readonly Uint8Array[]): Promise<void> {
  const input = child.stdin!;
  return new Promise((resolve) => {
    input.once('close', resolve).on('error', () => resolve());
    const local = new LocalLines();
    for (const piece of pieces) input.write(local.take(piece));
    input.end(local.end(), resolve);
  });
}

/** Programs on a pipe read local lines: bare line feeds, and with `-oi` dots that stand for themselves. */
class LocalLines {
  /** What may go on in the next piece: the start of a line end. */
  #rest = '';
  #lineStart = true;

  take(piece: Uint8Array): Buffer {
    const text = this.#rest + asBuffer(piece).toString('latin1');
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    this.#rest = text.slice(whole.length);
    const lines = whole.replaceAll('\r\n', '\n').replaceAll('\n.', '\n');
    const first = this.#lineStart && lines.startsWith('.') ? lines.slice(1) : lines;
    if (whole !== '') this.#lineStart = whole.endsWith('\n');
    return Buffer.from(first, 'latin1');
  }

  end(): Buffer {
    return Buffer.from(this.#rest, 'latin1');
  }
}
