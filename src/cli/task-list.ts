import { Command } from 'commander';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

/** `ssympa task list` */
export function taskListCommand(io: CliIo): Command {
  const command = new Command('list').description(
    'Lists the tasks: model and version, list or _global, the label at which the next run starts, and when it is due. One that has stopped has no time.',
  );
  return withJson(withConf(command)).action((options: SiteOptions & JsonOptions) =>
    withOpenSite(io, options, async ({ store }) => {
      const tasks = (await store.tasks.all()).map(
        ({ id, model, version, object, label, dueAt, failures, code }) => ({
          id,
          model,
          version,
          object,
          label,
          due: dueAt === null ? null : new Date(dueAt).toISOString(),
          failures,
          code,
        }),
      );
      if (options.json) return printJson(io, tasks);
      printTable(
        io,
        tasks.map(({ model, version, object, label, due, code }) => [
          `${model}.${version}`,
          object,
          label === '' ? '-' : label,
          due ?? 'stopped',
          ...(code === null ? [] : [`failed: ${code}`]),
        ]),
      );
    }),
  );
}
