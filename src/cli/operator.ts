import type { Command } from 'commander';
import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { ScenarioFiles } from '../lists/scenario-files.ts';
import { silentLog } from '../log.ts';
import type { ListSituation, RequestParts, Situation } from '../requests/operation.ts';
import { ListKeyring } from '../trust/list-keys.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import { UserCertificates } from '../trust/user-certificates.ts';
import type { CliIo } from './io.ts';
import type { OpenSite } from './site-options.ts';

/** Option of the commands that may tell the people concerned. */
export interface NotifyOptions {
  readonly notify?: boolean;
}

/** Adds `--notify` to a command. */
export function withNotify(command: Command, meaning: string): Command {
  return command.option('--notify', meaning);
}

/**
 * The operator's place among those who ask for something: no scenario is asked, and nobody is told without `--notify`.
 */
export function operatorSituation(
  io: CliIo,
  { site, store, lists }: OpenSite,
  robot: Robot,
  { notify = false }: NotifyOptions,
): Situation {
  const { clock } = io;
  const log = silentLog;
  const certificates = new UserCertificates(clock, new SiteTrust(site, log));
  const scenarios = new ScenarioFiles(site, { clock, log });
  const keyring = new ListKeyring(() => site.conf.key_passwd, log);
  const parts: RequestParts = { site, store, lists, certificates, keyring, scenarios, clock, log };
  const requester = {
    sender: 'nobody',
    method: 'md5',
    channel: 'command-line',
    robot,
    messageId: '',
  } as const;
  return { parts, requester, robot, modifiers: notify ? [] : ['quiet'] };
}

/** The same, on a list. */
export function operatorOnList(io: CliIo, open: OpenSite, list: List, options: NotifyOptions): ListSituation {
  return { ...operatorSituation(io, open, list.robot, options), list };
}
