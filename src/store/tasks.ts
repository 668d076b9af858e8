import { newId } from '../secrets.ts';
import type { Database } from './database.ts';
import type { TaskTable } from './schema.ts';

/** Who asked for a task: a parameter, which may take it back, or another task. */
export type TaskOrigin = 'parameter' | 'task';

/** A task that outlives the process: which model, on what, and where and when it goes on. */
export interface TaskInstance extends Omit<Readonly<TaskTable>, 'origin' | 'variables'> {
  readonly origin: TaskOrigin;
  /** What its variables hold from one run to the next. */
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

/** A task to be. */
export type NewTask = Pick<TaskInstance, 'model' | 'version' | 'object' | 'origin'> & {
  readonly dueAt: number;
};

/** What a task is about when it is about the whole site. */
export const globalObject = '_global';

/**
 * Gives the key of the run that a task does next: unlike for each run, and alike however often one is done again after a
 * crash or a failure.
 */
export function runKeyOf({
  id,
  firstDueAt,
  dueAt,
}: Pick<TaskInstance, 'id' | 'firstDueAt' | 'dueAt'>): string {
  return `${id} ${firstDueAt ?? dueAt}`;
}

const fresh = { label: '', variables: null, failures: 0, code: null, toldAt: null, firstDueAt: null };

/** Tasks, one of a model for each object. */
export class Tasks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns true when it is new; one of the same model and object stays as it is */
  async insert(task: NewTask): Promise<boolean> {
    const createdAt = this.#database.clock.now();
    const result = await this.#database.db
      .insertInto('task')
      .values({ id: newId(createdAt), ...task, ...fresh, createdAt })
      .onConflict((conflict) => conflict.columns(['model', 'object']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** Gives every task, by model and object. */
  async all(): Promise<readonly TaskInstance[]> {
    const query = this.#database.db.selectFrom('task').selectAll().orderBy('model').orderBy('object');
    return (await query.execute()).map(instanceOf);
  }

  /** Gives what is to be run, the longest due first. */
  async due(nowMs: number, limit: number): Promise<readonly TaskInstance[]> {
    const query = this.#database.db.selectFrom('task').selectAll().where('dueAt', '<=', nowMs);
    return (await query.orderBy('dueAt').orderBy('id').limit(limit).execute()).map(instanceOf);
  }

  async get(id: string): Promise<TaskInstance | undefined> {
    const query = this.#database.db.selectFrom('task').selectAll().where('id', '=', id);
    const row = await query.executeTakeFirst();
    return row && instanceOf(row);
  }

  async find(model: string, object: string): Promise<TaskInstance | undefined> {
    const query = this.#database.db.selectFrom('task').selectAll().where('model', '=', model);
    const row = await query.where('object', '=', object).executeTakeFirst();
    return row && instanceOf(row);
  }

  /** Writes down where a task goes on after a run; without a time it has stopped. */
  async goOn(id: string, next: Pick<TaskInstance, 'label' | 'dueAt' | 'variables'>): Promise<void> {
    const { label, dueAt } = next;
    const variables = Object.keys(next.variables).length === 0 ? null : JSON.stringify(next.variables);
    await this.#set(id, { ...fresh, label, dueAt, variables });
  }

  /** Writes down that a run failed; it is tried again from the same label. */
  async failed(
    task: Pick<TaskInstance, 'id' | 'failures' | 'firstDueAt' | 'dueAt'>,
    note: Pick<TaskInstance, 'code' | 'toldAt' | 'dueAt'>,
  ): Promise<void> {
    const firstDueAt = task.firstDueAt ?? task.dueAt;
    await this.#set(task.id, { ...note, failures: task.failures + 1, firstDueAt });
  }

  /** Starts a task over from the top, with another version of its model. */
  async restart(id: string, version: string, dueAt: number): Promise<void> {
    await this.#set(id, { ...fresh, version, dueAt });
  }

  async remove(id: string): Promise<void> {
    await this.#database.db.deleteFrom('task').where('id', '=', id).execute();
  }

  async #set(id: string, values: Partial<TaskTable>): Promise<void> {
    await this.#database.db.updateTable('task').set(values).where('id', '=', id).execute();
  }
}

function instanceOf(row: TaskTable): TaskInstance {
  return {
    ...row,
    origin: row.origin as TaskOrigin,
    variables: row.variables === null ? {} : (JSON.parse(row.variables) as Record<string, string[]>),
  };
}
