import { Command } from 'commander';
import { type CliIo, printJson } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

/** `ssympa list close NAME` */
export function listCloseCommand(io: CliIo): Command {
  const command = new Command('close')
    .description('Closes a list: it takes no more posts. Its folder and its subscribers stay.')
    .argument('<list>', 'name, or name@domain');
  return withJson(withConf(command)).action((name: string, options: SiteOptions & JsonOptions) =>
    withOpenSite(io, options, async ({ lists }) => {
      const { address, status } = await lists.close(await lists.get(name));
      if (options.json) printJson(io, { address, status });
      else
        io.stdout(
          `the list ${address} is closed; ssympa list config ${address} status open opens it again\n`,
        );
    }),
  );
}
