import { Command } from 'commander';
import pino from 'pino';
import { type DaemonRole, daemonRoles, startDaemon } from '../daemon.ts';
import type { Log, LogFields } from '../log.ts';
import { type CliIo, printJson } from './io.ts';
import { confFileOf, type SiteOptions, withConf } from './site-options.ts';

interface Options extends SiteOptions {
  readonly role?: string;
  readonly logLevel: string;
}

/** `ssympa start [--role R,…]` */
export function startCommand(io: CliIo): Command {
  const command = new Command('start')
    .description('Runs the daemon in the foreground; prints one line of JSON when it is ready.')
    .option('--role <roles>', `parts to run, of ${daemonRoles.join(', ')}; default all`)
    .option('--log-level <level>', 'debug, info, warn or error', 'info');
  return withConf(command).action((options: Options) => run(io, options));
}

async function run(io: CliIo, options: Options): Promise<void> {
  const confFile = await confFileOf(io, options);
  const daemon = await startDaemon({
    confFile,
    log: logTo(levelOf(io, options.logLevel)),
    roles: rolesOf(io, options.role),
  });
  const { lmtp, lmtpSocket, smtp, https } = daemon.addresses;
  printJson(io, { ready: true, pid: process.pid, lmtp, lmtpSocket, smtp, https });
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await daemon.stop();
}

function rolesOf(io: CliIo, text: string | undefined): readonly DaemonRole[] {
  if (text === undefined) return daemonRoles;
  return text.split(',').map((word) => {
    const role = daemonRoles.find((one) => one === word.trim());
    return role ?? io.fail('usage', `${word} is no role; the roles are ${daemonRoles.join(', ')}`);
  });
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error'];

function levelOf(io: CliIo, text: string): string {
  return levels.includes(text)
    ? text
    : io.fail('usage', `${text} is no level; they are ${levels.join(', ')}`);
}

/** The log goes to standard error, one line of JSON an event; the ready line has standard output for itself. */
function logTo(level: string): Log {
  const secrets = ['password', 'passphrase', 'key_passwd', 'raw', 'content', 'subject'];
  const logger = pino({ level, redact: secrets, base: null }, pino.destination({ fd: 2, sync: true }));
  const write =
    (kind: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}) =>
      logger[kind](fields, event);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
