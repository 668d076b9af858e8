import { Command } from 'commander';
import { silentLog } from '../log.ts';
import { workerName } from '../store/dead-workers.ts';
import { runKeyOf } from '../store/tasks.ts';
import { refuseBusyTask, taskLock, withTaskLock } from '../tasks/task-runner.ts';
import type { CliIo } from './io.ts';
import { type OpenSite, type SiteOptions, withConf, withOpenSite } from './site-options.ts';

/** `ssympa task drop ID` */
export function taskDropCommand(io: CliIo): Command {
  const command = new Command('drop')
    .description(
      'Drops a task that another task made. One that a parameter asks for would come back: set the parameter to none.',
    )
    .argument('<id>', 'as `task list --json` gives it');
  return withConf(command).action((id: string, options: SiteOptions) =>
    withOpenSite(io, options, (open) => drop(io, open, id)),
  );
}

async function drop(io: CliIo, { store }: OpenSite, id: string): Promise<void> {
  const task = await store.tasks.get(id);
  if (!task)
    io.fail('not-found', `there is no task ${id.slice(0, 100)}`, {
      hint: 'ssympa task list --json names them',
    });
  const { model, version, object } = task;
  if (task.origin === 'parameter')
    io.fail('bad-input', `a parameter asks for ${model}.${version}, so that it would come back`, {
      hint: `set ${model}_task none`,
    });
  const isOurs = await withTaskLock(
    { store, log: silentLog },
    `${workerName()} task drop`,
    taskLock(task),
    () =>
      store.transaction(async (tx) => {
        await tx.taskMails.forget(runKeyOf(task));
        await tx.tasks.remove(id);
      }),
  );
  if (!isOurs) refuseBusyTask(model);
  io.stdout(`${model}.${version} of ${object}: dropped\n`);
}
