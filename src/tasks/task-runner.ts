import type { TaskInstance } from '../store/tasks.ts';
import { withLock } from '../store/with-lock.ts';
import { taskChanges } from './agree-on-tasks.ts';
import { TaskError } from './error.ts';
import { runInstance } from './run-instance.ts';
import type { TaskParts } from './task-run.ts';
import { usualLimits, type WorkLimits } from './work-limits.ts';

/** Sympa, too, looks once a minute. */
const usualPauseMs = 60_000;
const leaseMs = 60_000;
/** Tasks that run at once: one that takes long keeps no other from running. */
const lanes = 4;
const tasksPerLook = 1_000;
const agreementLock = 'tasks';

/** Runs the tasks that are due, each on one node. */
export class TaskRunner {
  readonly #parts: TaskParts;
  readonly #holder: string;
  readonly #pauseMs: number;
  readonly #limits: WorkLimits;
  readonly #stopping = new AbortController();
  /** By the id of the task. */
  readonly #underWay = new Map<string, Promise<void>>();
  #due: readonly TaskInstance[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /**
   * @param holder name of this node, for the locks
   * @param pauseMs time between two looks
   * @param limits of one run
   */
  constructor(parts: TaskParts, holder: string, pauseMs = usualPauseMs, limits = usualLimits) {
    this.#parts = parts;
    this.#holder = holder;
    this.#pauseMs = pauseMs;
    this.#limits = limits;
  }

  start(): void {
    this.#looking = this.#loop();
  }

  /** Ends after the commands under way, but for those that go on for too long; a run that is cut short is done again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#underWay.values());
  }

  /** Makes the tasks that are asked for, and runs each that is due once. */
  async runOnce(): Promise<void> {
    await this.#look();
    while (this.#underWay.size > 0) await Promise.race(this.#underWay.values());
  }

  /** Sees to it that what is due is run; it is not waited for, so that a run that takes long delays no look. */
  async #look(): Promise<void> {
    const { store, clock } = this.#parts;
    await this.#agree();
    const due = await store.tasks.due(clock.now(), tasksPerLook);
    this.#due = due.filter(({ id }) => !this.#underWay.has(id));
    this.#fillLanes();
  }

  #fillLanes(): void {
    while (this.#underWay.size < lanes && !this.#stopping.signal.aborted) {
      const [task, ...rest] = this.#due;
      if (!task) return;
      this.#due = rest;
      const run = this.#run(task).finally(() => {
        this.#underWay.delete(task.id);
        this.#fillLanes();
      });
      this.#underWay.set(task.id, run);
    }
  }

  /** Looks before it locks: as a rule there is nothing to change. */
  async #agree(): Promise<void> {
    if ((await taskChanges(this.#parts)).length === 0) return;
    await withTaskLock(this.#parts, this.#holder, agreementLock, async () => {
      for (const change of await taskChanges(this.#parts)) await change();
    });
  }

  async #run(due: TaskInstance): Promise<void> {
    const { store, clock, log } = this.#parts;
    try {
      await withTaskLock(this.#parts, this.#holder, taskLock(due), async () => {
        // Another node may have run it since.
        const task = await store.tasks.get(due.id);
        if (task && task.dueAt !== null && task.dueAt <= clock.now())
          await runInstance(task, this.#parts, this.#stopping.signal, this.#limits);
      });
    } catch (error) {
      log.error('task not settled', { model: due.model, object: due.object, error: nameOf(error) });
    }
  }

  async #loop(): Promise<void> {
    await this.#look().catch((error: unknown) => {
      this.#parts.log.error('tasks failed', { error: nameOf(error) });
    });
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#loop();
    }, this.#pauseMs);
  }
}

/** Names the lock of a task. */
export function taskLock({ model, object }: Pick<TaskInstance, 'model' | 'object'>): string {
  return `task ${model} ${object}`;
}

/**
 * Does some work while a lock is held.
 *
 * @returns false when another node holds it; nothing is done then
 */
export async function withTaskLock(
  { store, log }: Pick<TaskParts, 'store' | 'log'>,
  holder: string,
  name: string,
  work: () => Promise<void>,
): Promise<boolean> {
  return withLock({ store, log }, { name, holder, leaseMs }, work);
}

/**
 * Says that a task is run elsewhere.
 *
 * @throws TaskError `task-busy`
 */
export function refuseBusyTask(model: string): never {
  throw new TaskError('task-busy', `another process is running ${model}`);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
