import { Command } from 'commander';
import { delUser } from '../requests/del-user.ts';
import { type CliIo, printJson } from './io.ts';
import { type NotifyOptions, operatorSituation, withNotify } from './operator.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';
import { canonicalAddresses } from './subscriber-addresses.ts';

/** `ssympa subscriber erase ADDR` */
export function subscriberEraseCommand(io: CliIo): Command {
  const command = new Command('erase')
    .description(
      'Erases what is kept of a person: subscriptions on all lists, name, language, keys, and the use of certificates that came by mail. Posts and roles stay.',
    )
    .argument('<address>', 'who is to be erased');
  withNotify(command, 'tell the person');
  return withJson(withConf(command)).action(
    (text: string, options: SiteOptions & JsonOptions & NotifyOptions) =>
      withOpenSite(io, options, async (open) => {
        const [email = text] = canonicalAddresses(io, [text]);
        const situation = operatorSituation(io, open, open.site.robots[0]!, options);
        const act = await delUser.prepare({ email }, situation);
        const { status, answer = [] } = await open.store.transaction(act);
        const erased = status === 'done';
        if (options.json) printJson(io, { address: email, erased, notes: answer });
        else
          io.stdout(
            [...(erased ? [`${email} is erased`] : []), ...answer].map((line) => `${line}\n`).join(''),
          );
        if (!erased) io.fail('not-found', `nothing is kept of ${email}`);
      }),
  );
}
