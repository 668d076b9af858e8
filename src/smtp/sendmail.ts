import { spawn } from 'node:child_process';
import type { Log } from '../log.ts';
import type { OutgoingCopy, RecipientReply, Transport, TransportConnection } from './transport.ts';

/** What the `sendmail` way out is made of. */
export interface SendmailOptions {
  /** Path of the program. */
  readonly path: string;
  /** Arguments before the addresses, such as `-oi -odi -oem`. */
  readonly args: readonly string[];
  readonly maxProcesses: number;
  readonly log: Log;
}

const maxRunMs = 300_000;

/** What an exit code of `sendmail` says (sysexits); any other is taken as passing trouble. */
const exitReplies: Readonly<Record<number, Omit<RecipientReply, 'recipient'>>> = {
  0: { status: 'sent', code: 250, enhanced: '2.0.0', text: 'taken by sendmail' },
  64: { status: 'permanent', code: 554, enhanced: '5.3.5', text: 'sendmail: wrong usage' },
  65: { status: 'permanent', code: 554, enhanced: '5.6.0', text: 'sendmail: bad input' },
  67: { status: 'permanent', code: 550, enhanced: '5.1.1', text: 'sendmail: no such user' },
  68: { status: 'permanent', code: 550, enhanced: '5.1.2', text: 'sendmail: no such host' },
  69: { status: 'permanent', code: 554, enhanced: '5.3.0', text: 'sendmail: service unavailable' },
  77: { status: 'permanent', code: 554, enhanced: '5.7.1', text: 'sendmail: not permitted' },
};

const passing: Omit<RecipientReply, 'recipient'> = {
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

function runOnce(
  { path, args, log }: SendmailOptions,
  copy: OutgoingCopy,
  recipient: string,
): Promise<Omit<RecipientReply, 'recipient'>> {
  return new Promise((resolve) => {
    const sender = copy.envelopeSender === '' ? '<>' : copy.envelopeSender;
    const child = spawn(path, [...args, '-f', sender, '--', recipient], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), maxRunMs);
    child.on('error', () => {
      clearTimeout(timer);
      log.error('sendmail cannot be run', { path });
      resolve(passing);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(exitReplies[code ?? -1] ?? passing);
    });
    child.stdin.on('error', () => undefined);
    // Programs on a pipe read local lines: dots stand for themselves (`-oi`), line ends are bare line feeds.
    for (const piece of copy.pieces) child.stdin.write(unstuffed(piece));
    child.stdin.end();
  });
}

function unstuffed(piece: Uint8Array): Buffer {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
  const lines = text.replaceAll('\r\n', '\n').replaceAll(/(^|\n)\.\./g, '$1.');
  return Buffer.from(lines, 'latin1');
}
