import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from '../config/error.ts';
import { findLmtpSocket } from '../config/lmtp-socket.ts';
import { SsympaError } from '../errors.ts';
import { IntakeError } from '../intake/error.ts';
import { handOver } from '../intake/hand-over.ts';
import { readPipeInput } from '../intake/pipe-input.ts';
import { confFileOf, type SiteOptions, withConf } from './conf-file.ts';
import type { CliIo } from './io.ts';

interface Options extends SiteOptions {
  readonly sender?: string;
  readonly socket?: string;
}

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

async function queue(io: CliIo, recipient: string, options: Options): Promise<void> {
  try {
    const socket = await socketOf(io, options);
    const { returnPath, pieces } = await readPipeInput(io.stdin);
    const envelopeSender = senderOf(options.sender ?? io.env.SENDER ?? returnPath ?? '');
    await handOver({ socket, recipient, envelopeSender, pieces });
  } catch (error) {
    throw keptByMta(error);
  }
}

/** `MAILER-DAEMON` is what Postfix calls the null sender towards programs. */
function senderOf(text: string): string {
  const address = text.trim().replace(/^<(.*)>$/, '$1');
  return address.toLowerCase() === 'mailer-daemon' ? '' : address;
}

/** What is no answer of the daemon must not cost the message: exit 75, and the MTA tries again. */
function keptByMta(error: unknown): IntakeError {
  if (error instanceof IntakeError) return error;
  const known = error instanceof SsympaError ? error : undefined;
  const text = known?.message ?? 'the message could not be handed over';
  return new IntakeError('daemon-unreachable', text, {
    cause: error,
    ...(known?.hint !== undefined && { hint: known.hint }),
  });
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
