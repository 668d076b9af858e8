import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliIo } from './io.ts';

/** Options of every command that works on a site. */
export interface SiteOptions {
  readonly conf?: string;
}

/** Adds `--conf` to a command. */
export function withConf(command: Command): Command {
  return command.option(
    '--conf <file>',
    'the sympa.conf to use (else $SSYMPA_CONF, ./sympa.conf, /etc/ssympa/sympa.conf)',
  );
}

/** Gives the `sympa.conf` that a command line means. */
export async function confFileOf(io: CliIo, options: SiteOptions): Promise<string> {
  if (options.conf !== undefined) return resolve(io.cwd, options.conf);
  if (io.env.SSYMPA_CONF) return resolve(io.cwd, io.env.SSYMPA_CONF);
  const here = join(io.cwd, 'sympa.conf');
  return (await isFile(here)) ? here : '/etc/ssympa/sympa.conf';
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
