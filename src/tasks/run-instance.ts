import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { isTemporary, SsympaError } from '../errors.ts';
import type { List } from '../lists/list.ts';
import { newId } from '../secrets.ts';
import { globalObject, runKeyOf, type TaskInstance } from '../store/tasks.ts';
import { TaskError } from './error.ts';
import { executeTask, type RunEnd } from './execute.ts';
import { loadTaskModel, type ModelName } from './model-files.ts';
import type { TaskCommand } from './task-model.ts';
import type { TaskParts } from './task-run.ts';
import { usualLimits, type WorkLimits, withinLimits } from './work-limits.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A run that is this late was missed: the next one counts from now on. */
const missedAfterMs = hourMs;

/** One run that is wanted. */
export interface WantedRun extends ModelName {
  /** Address of a list, or `_global`. */
  readonly object: string;
  /** Empty for the top. */
  readonly label: string;
  readonly createdAtMs: number;
  readonly nowMs: number;
  readonly key: string;
  readonly variables: Map<string, readonly string[]>;
  readonly signal: AbortSignal;
  readonly onCommand?: (command: TaskCommand) => void;
}

/** Reads the model of a task and runs it from a label on; whatever fails is the end of the run, not of the caller. */
export async function runTask(wanted: WantedRun, parts: TaskParts): Promise<RunEnd> {
  try {
    const list = await openList(wanted.object, parts);
    const robot = list?.robot ?? parts.site.robots[0]!;
    const model = await loadTaskModel(parts.site, wanted, list ?? robot, wanted.createdAtMs);
    return await executeTask(model, wanted.label, { ...wanted, parts, robot, list });
  } catch (error) {
    return { status: 'failed', error };
  }
}

async function openList(object: string, { lists }: TaskParts): Promise<List | undefined> {
  if (object === globalObject) return undefined;
  const list = await lists.find(object);
  if (list?.status === 'open') return list;
  throw new TaskError('no-such-object', `there is no open list ${object}`);
}

/**
 * Runs a task that is due, and writes down where it goes on. A run that takes too long fails.
 *
 * @param stopping aborted when the process stops
 */
export async function runInstance(
  task: TaskInstance,
  parts: TaskParts,
  stopping: AbortSignal,
  limits = usualLimits,
): Promise<void> {
  const startedAt = parts.clock.now();
  const dueAt = task.dueAt ?? startedAt;
  const variables = new Map(Object.entries(task.variables));
  const wanted = {
    ...task,
    createdAtMs: task.createdAt,
    nowMs: startedAt - dueAt < missedAfterMs && task.failures === 0 ? dueAt : startedAt,
    key: runKeyOf(task),
    variables,
  };
  const end = await runWithin(wanted, parts, stopping, limits);
  const { store, log } = parts;
  const { model, version, object } = task;
  if (end.status === 'aborted') return;
  if (end.status === 'failed') return settleFailure(task, end, parts);
  log.info('task done', { model, version, object, from: task.label, next: end.status });
  await store.transaction(async (tx) => {
    await tx.taskMails.forget(wanted.key);
    await tx.tasks.goOn(task.id, {
      label: end.status === 'next' ? end.label : task.label,
      dueAt: end.status === 'next' ? end.dueAtMs : null,
      variables: end.status === 'next' ? Object.fromEntries(variables) : {},
    });
  });
}

/** Ends with the run, or without it where it does not end when it is told to. */
async function runWithin(
  wanted: Omit<WantedRun, 'signal' | 'onCommand'>,
  parts: TaskParts,
  stopping: AbortSignal,
  limits: WorkLimits,
): Promise<RunEnd> {
  const reached: { command?: TaskCommand } = {};
  const onCommand = (command: TaskCommand) => {
    reached.command = command;
  };
  const run = (signal: AbortSignal) => runTask({ ...wanted, signal, onCommand }, parts);
  const end = await withinLimits(run, stopping, limits);
  const { model, object } = wanted;
  const { command } = reached;
  if (end.status === 'abandoned')
    parts.log.error('task does not end', { model, object, command: command?.name ?? null });
  else if (end.value.status !== 'aborted') return end.value;
  if (end.cut !== 'too-long') return { status: 'aborted' };
  const error = new TaskError(
    'run-too-long',
    `the run was not over within ${limits.workMs / 60_000} minutes`,
  );
  return { status: 'failed', error, ...(command && { command }) };
}

type Failure = RunEnd & { readonly status: 'failed' };

/** Tries again, sooner where the reason may pass, and tells the listmasters at first and then once a day. */
async function settleFailure(
  task: TaskInstance,
  { error, command }: Failure,
  parts: TaskParts,
): Promise<void> {
  const { store, clock, log, lists } = parts;
  const nowMs = clock.now();
  const code = error instanceof SsympaError ? error.code : 'bug';
  const { model, version, object, label } = task;
  log.error('task failed', { model, version, object, label, code, ...whereOf(error, command) });
  const isTold = task.toldAt === null || nowMs - task.toldAt >= dayMs;
  const dueAt = nowMs + (isTemporary(error) ? hourMs : dayMs);
  await store.transaction(async (tx) => {
    await tx.tasks.failed(task, { code, dueAt, toldAt: isTold ? nowMs : task.toldAt });
    if (!isTold) return;
    await enqueueServiceMail(tx, `task-error ${task.id} ${newId(nowMs)}`, {
      template: 'error-in-task-listmaster',
      list: '',
      to: lists.listmasters(object === globalObject ? parts.site.robots[0]! : lists.robotOf(object)),
      variables: {
        model: `${model}.${version}`,
        object: object === globalObject ? null : object,
        code,
        again: dueAt,
        ...whereOf(error, command),
      },
    });
  });
}

/** The place of a fault in the model, or of the command that failed; never what an unexpected error says. */
function whereOf(error: unknown, command: TaskCommand | undefined) {
  const place = (error instanceof SsympaError ? error.place : undefined) ?? command?.place;
  return {
    command: command?.name ?? null,
    place: place ? `${place.file}:${place.line}` : null,
    reason: error instanceof SsympaError ? error.message : error instanceof Error ? error.name : null,
  };
}
