import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from '../config/error.ts';
import { findLmtpSocket } from '../config/lmtp-socket.ts';
import { SsympaError } from '../errors.ts';
import { IntakeError } from '../intake/error.ts';
import { pipedMessage } from '../intake/piped-message.ts';
import { silentLog } from '../log.ts';
import { smtpTransport } from '../smtp/client.ts';
import { dotStuff } from '../smtp/dot-stuffing.ts';
import type { OutgoingCopy, RecipientReply } from '../smtp/transport.ts';
import { CliError } from './error.ts';
import type { CliIo } from './io.ts';
import { readInput } from './read-input.ts';
import { confFileOf, type SiteOptions, withConf } from './site-options.ts';

interface Options extends SiteOptions {
  readonly sender?: string;
  readonly socket?: string;
}

/** The daemon takes no larger message either. */
const maxMessageBytes = 128 << 20;
/** An MTA waits for its pipe about a quarter of an hour; the daemon has that long to store the message. */
const timeouts = { connectMs: 10_000, replyMs: 120_000, dataMs: 300_000 };

/** `ssympa queue ADDRESS` */
export function queueCommand(io: CliIo): Command {
  const command = new Command('queue')
    .description(
      'Takes a message on standard input from the pipe of an MTA, as any user, and hands it to the daemon. Exit 0: it is stored durably; 67: no such address; 65: refused for good; 75: the MTA is to try again.',
    )
    .argument('<address>', 'the address of the site that the message came for')
    .option('--sender <address>', 'the envelope sender (else $SENDER, or Return-Path: of the message)')
    .option('--socket <path>', 'the unix socket of the daemon (else $SSYMPA_SOCKET, or that of sympa.conf)');
  return withConf(command).action((address: string, options: Options) => queue(io, address, options));
}

async function queue(io: CliIo, address: string, options: Options): Promise<void> {
  try {
    const input = await readInput(io, '-', maxMessageBytes);
    const { raw, envelopeSender } = pipedMessage(input, options.sender ?? io.env.SENDER);
    const reply = await handOver(await socketOf(io, options), copyOf(address, envelopeSender, raw));
    if (reply.status !== 'sent') throw refusalOf(address, reply);
  } catch (error) {
    throw keptByMta(error);
  }
}

/** What is neither an answer of the daemon nor a fault of the command line must not cost the message: exit 75. */
function keptByMta(error: unknown): unknown {
  if (error instanceof IntakeError || error instanceof CliError) return error;
  const known = error instanceof SsympaError ? error.message : 'the message could not be handed over';
  const hint = error instanceof SsympaError ? error.hint : undefined;
  return new IntakeError('daemon-unreachable', known, { cause: error, ...(hint && { hint }) });
}

async function socketOf(io: CliIo, options: Options): Promise<string> {
  const given = options.socket ?? io.env.SSYMPA_SOCKET;
  if (given) return resolve(io.cwd, given);
  const confFile = await confFileOf(io, options);
  try {
    const found = await findLmtpSocket(confFile);
    if (found !== undefined) return found;
  } catch (error) {
    // Whoever may not read the file still reaches the socket where it is by default.
    if (!(error instanceof ConfigError) || error.code !== 'config-unreadable') throw error;
    return join(dirname(confFile), 'data/lmtp.sock');
  }
  const hint = 'add one, as in: lmtp_listen 127.0.0.1:2424,unix:data/lmtp.sock';
  throw new IntakeError('daemon-unreachable', `lmtp_listen in ${confFile} has no unix socket`, { hint });
}

async function handOver(socket: string, copy: OutgoingCopy): Promise<RecipientReply> {
  const transport = smtpTransport({ url: `lmtp:unix:${socket}`, maxConnections: 1, timeouts, log: silentLog });
  const connection = await transport.acquire();
  try {
    const [reply] = await connection.send(copy);
    if (reply!.code !== 0) return reply!;
    const hint = 'is it running? start it by: ssympa start';
    throw new IntakeError('daemon-unreachable', `the daemon does not answer at ${socket}`, { hint });
  } finally {
    connection.release();
    await transport.close();
  }
}

function copyOf(address: string, envelopeSender: string, raw: Uint8Array): OutgoingCopy {
  const stuffed = dotStuff(raw);
  return {
    envelopeSender,
    recipients: [address],
    pieces: [stuffed],
    size: raw.length,
    smtputf8: !isAscii(address) || !isAscii(envelopeSender),
    eightBit: raw.some((byte) => byte > 0x7f),
  };
}

function refusalOf(address: string, { status, code, enhanced, text }: RecipientReply): IntakeError {
  const said = `${code} ${enhanced} ${text}`.trim();
  if (status === 'temporary') return new IntakeError('not-taken', `the daemon says: ${said}`);
  // RFC 3463 §3.2: X.1.z is about the address.
  const unknown = code === 550 && enhanced.startsWith('5.1.');
  if (unknown) return new IntakeError('no-such-address', `${address}: ${said}`);
  return new IntakeError('message-refused', `${address}: ${said}`);
}

function isAscii(text: string): boolean {
  return [...text].every((character) => character <= '\x7f');
}
