import { parseDateExpression } from '../scenario/dates.ts';
import { commandActs } from './command-acts.ts';
import { TaskError } from './error.ts';
import type { TaskCommand, TaskModel } from './task-model.ts';
import type { TaskRun } from './task-run.ts';

/** How a run ended. */
export type RunEnd =
  | { readonly status: 'stopped' }
  | { readonly status: 'next'; readonly label: string; readonly dueAtMs: number }
  /** The run was told to end; it is to be done again from its start. */
  | { readonly status: 'aborted' }
  | { readonly status: 'failed'; readonly command?: TaskCommand; readonly error: unknown };

/**
 * Carries out the commands from a label on, until one ends the run. Behind the last command a task stops.
 *
 * @param label empty for the top of the model
 */
export async function executeTask(model: TaskModel, label: string, run: TaskRun): Promise<RunEnd> {
  const start = label === '' ? 0 : model.labels.get(label);
  if (start === undefined) {
    const place = { file: model.file, line: 1 };
    return {
      status: 'failed',
      error: new TaskError('label-unknown', `there is no label ${label}`, { place }),
    };
  }
  for (const command of model.commands.slice(start)) {
    if (run.signal.aborted) return { status: 'aborted' };
    run.onCommand?.(command);
    try {
      const end = await carryOut(command, run);
      if (end) return end;
    } catch (error) {
      return run.signal.aborted ? { status: 'aborted' } : { status: 'failed', command, error };
    }
  }
  return run.signal.aborted ? { status: 'aborted' } : { status: 'stopped' };
}

async function carryOut(command: TaskCommand, run: TaskRun): Promise<RunEnd | undefined> {
  const { name, arguments: given, variable } = command;
  if (name === 'stop') return { status: 'stopped' };
  if (name === 'next') {
    const seconds = parseDateExpression(given[0]!, run.nowMs);
    if (seconds === undefined) throw new Error('the date was checked when the model was read');
    return { status: 'next', label: given[1]!, dueAtMs: seconds * 1_000 };
  }
  const addresses = await commandActs[name](given, run);
  if (variable !== undefined) run.variables.set(variable, addresses ?? []);
  return undefined;
}
