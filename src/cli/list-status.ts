import { Command } from 'commander';
import type { ListStatus } from '../lists/list.ts';
import { closeList } from '../requests/close-list.ts';
import { openList } from '../requests/open-list.ts';
import { type CliIo, printJson } from './io.ts';
import { type NotifyOptions, operatorOnList, withNotify } from './operator.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

type Options = SiteOptions & JsonOptions & NotifyOptions;

/** `ssympa list close NAME` */
export function listCloseCommand(io: CliIo): Command {
  const description = 'Closes a list: it takes no more posts. Its folder and its subscribers stay.';
  return statusCommand(
    io,
    'close',
    description,
    closeList,
    (address) => `the list ${address} is closed; ssympa list open ${address} opens it again\n`,
  );
}

/** `ssympa list open NAME` */
export function listOpenCommand(io: CliIo): Command {
  const description = 'Opens a list that is closed, or waits for a listmaster.';
  return statusCommand(io, 'open', description, openList, (address) => `the list ${address} is open\n`);
}

function statusCommand(
  io: CliIo,
  name: string,
  description: string,
  operation: Pick<typeof openList, 'prepare'>,
  said: (address: string) => string,
): Command {
  const command = new Command(name).description(description).argument('<list>', 'name, or name@domain');
  withNotify(command, 'tell the owners');
  return withJson(withConf(command)).action((text: string, options: Options) =>
    withOpenSite(io, options, async (open) => {
      const list = await open.lists.get(text);
      const act = await operation.prepare({ list: list.address }, operatorOnList(io, open, list, options));
      await open.store.transaction(act);
      const { address, status } = await open.lists.get(list.address);
      if (options.json) printJson(io, { address, status } satisfies { address: string; status: ListStatus });
      else io.stdout(said(address));
    }),
  );
}
