import { Command } from 'commander';
import { ListsError } from '../lists/error.ts';
import { moveList } from '../requests/move-list.ts';
import type { ReportCode } from '../requests/report.ts';
import { type CliIo, printJson } from './io.ts';
import { type NotifyOptions, operatorSituation, withNotify } from './operator.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

/** What the operator is told of a list that cannot be renamed. */
const refusals: Readonly<Partial<Record<ReportCode, [code: ListsError['code'], text: string]>>> = {
  'no-such-list': ['no-such-list', 'there is no such list'],
  'list-exists': ['list-exists', 'there is, or was, a list of that name'],
  'bad-list': ['bad-list-name', 'a list of its domain cannot have that name'],
};

/** `ssympa list move NAME NEWNAME` */
export function listMoveCommand(io: CliIo): Command {
  const command = new Command('move')
    .description(
      'Renames a list within its domain: its folder, and all that is kept of it. Mail to the old address is refused afterwards. After a crash in the middle, the same command does the rest.',
    )
    .argument('<list>', 'name, or name@domain')
    .argument('<name>', 'the new name');
  withNotify(command, 'tell the owners');
  return withJson(withConf(command)).action(
    (list: string, name: string, options: SiteOptions & JsonOptions & NotifyOptions) =>
      withOpenSite(io, options, async (open) => {
        const situation = operatorSituation(io, open, open.lists.robotOf(list), options);
        const found = await open.lists.find(list);
        const args = { list: found?.address ?? list.toLowerCase(), name: name.toLowerCase() };
        const { code, values } = await open.store.transaction(await moveList.prepare(args, situation));
        if (code !== 'list-moved') {
          const [error, text] = refusals[code] ?? ['list-not-writable', 'the config of the list is faulty'];
          throw new ListsError(error, `${list.slice(0, 320)} is not renamed: ${text}`);
        }
        if (options.json) printJson(io, { from: values?.from, address: values?.list });
        else io.stdout(`the list ${values?.from} is called ${values?.list} now\n`);
      }),
  );
}
