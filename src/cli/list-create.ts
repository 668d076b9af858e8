import { Command } from 'commander';
import type { Robot, Site } from '../config/site.ts';
import { ListsError } from '../lists/error.ts';
import { listAct } from '../requests/create-list.ts';
import { type CliIo, printJson } from './io.ts';
import { type NotifyOptions, operatorSituation, withNotify } from './operator.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

interface Options extends SiteOptions, JsonOptions, NotifyOptions {
  readonly owner: readonly string[];
  readonly editor?: readonly string[];
  readonly subject?: string;
  readonly set?: readonly string[];
}

/** `ssympa list create NAME --owner ADDR` */
export function listCreateCommand(io: CliIo): Command {
  const command = new Command('create')
    .description('Makes a list: its folder with its config, open at once.')
    .argument('<name>', 'name, or name@domain')
    .requiredOption('--owner <address...>', 'owners')
    .option('--editor <address...>', 'editors; without them the owners are')
    .option('--subject <text>', 'what the list is for, in one line')
    .option('--set <name=value...>', 'other parameters of the list');
  withNotify(command, 'tell the owners');
  return withJson(withConf(command)).action((name: string, options: Options) =>
    withOpenSite(io, options, (open) => create(io, open, name, options)),
  );
}

async function create(io: CliIo, open: OpenSite, address: string, options: Options): Promise<void> {
  const { name, robot } = newAddress(open.site, address);
  const parameters = (options.set ?? []).map((text) => assignment(io, text));
  const wanted = {
    name,
    robot,
    owners: options.owner,
    editors: options.editor ?? [],
    ...(options.subject !== undefined && { subject: options.subject }),
    parameters: Object.fromEntries(parameters),
    nowMs: io.clock.now(),
  };
  await open.store.transaction(await listAct(wanted, operatorSituation(io, open, robot, options)));
  const list = await open.lists.get(`${name}@${robot.domain}`);
  if (options.json) printJson(io, { address: list.address, directory: list.directory, status: list.status });
  else io.stdout(`the list ${list.address} is made: ${list.directory}\n`);
}

function newAddress(site: Site, address: string): { readonly name: string; readonly robot: Robot } {
  const at = address.lastIndexOf('@');
  const domain = at < 0 ? site.conf.domain : address.slice(at + 1).toLowerCase();
  const robot = site.robots.find((one) => one.domain === domain);
  if (!robot) {
    const hint = `domains of the site: ${site.robots.map((one) => one.domain).join(', ')}`;
    throw new ListsError('no-such-robot', `the site serves no domain ${domain.slice(0, 255)}`, { hint });
  }
  return { name: at < 0 ? address : address.slice(0, at), robot };
}

function assignment(io: CliIo, text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) io.fail('usage', '--set takes NAME=VALUE');
  return [text.slice(0, equals), text.slice(equals + 1)];
}
