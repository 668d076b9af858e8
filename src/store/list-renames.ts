import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import { Jobs } from './jobs.ts';
import { dropSignedOff, settleMembers } from './member-renames.ts';

/** Tables with rows of a list that no other list can have, too. */
const plainTables = ['message', 'distribution', 'bounce', 'request_key'] as const;

/** Tables with one row of a list for each of something else. */
const keyedTables = {
  subscriber: ['address'],
  bouncer: ['address'],
  certificate_notice: ['address'],
  ciphertext_seen: ['digest'],
  post_seen: ['headerId'],
  report_entry: ['day', 'address', 'distributionId'],
  inclusion: ['role', 'address', 'source'],
  exclusion: ['address'],
  data_source: ['role', 'source'],
} as const;

/** Rows that would be one after a rename: of which list they go. */
interface Twins {
  readonly table: string;
  readonly listColumn: string;
  readonly columns: readonly string[];
  readonly gone: string;
  readonly kept: string;
}

/** What a request that waits names its lists by. */
interface HeldArguments {
  readonly call: { readonly arguments: Readonly<Record<string, string>> };
}

/** Renames of lists: every row that names a list by its address. */
export class ListRenames {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Tells whether a list of this address has, or had, anything here: subscribers, posts. */
  async isKnown(list: string): Promise<boolean> {
    const tables = (['subscriber', 'list_counter', 'archive_post'] as const).map(
      (table) => sql`exists (select 1 from ${sql.table(table)} where "list" = ${list})`,
    );
    const query = sql<{ known: number }>`select 1 as "known" where ${sql.join(tables, sql` or `)}`;
    return (await query.execute(this.#database.db)).rows.length > 0;
  }

  /**
   * Gives all that a list has to another address, within one transaction. What came to that address already, because the
   * folder was renamed and this was not, stays, but for what only a data source says of subscribers.
   */
  async rename(from: string, to: string): Promise<void> {
    await settleMembers(this.#database, from, to);
    for (const table of plainTables) await this.#move(table, 'list', from, to);
    for (const [table, columns] of Object.entries(keyedTables)) {
      await this.#dropTwins({ table, listColumn: 'list', columns, gone: from, kept: to });
      await this.#move(table, 'list', from, to);
    }
    await dropSignedOff(this.#database, to);
    await this.#moveArchive(from, to);
    // A task that the new name got meanwhile knows nothing of what was done before.
    await this.#dropTwins({ table: 'task', listColumn: 'object', columns: ['model'], gone: to, kept: from });
    await this.#move('task', 'object', from, to);
    await this.#moveWarnings(from, to);
    await this.#moveRequests(from, to);
    await this.#moveJobs(from, to);
    await this.#decideAgain(to);
  }

  async #move(table: string, column: string, from: string, to: string): Promise<void> {
    const ref = sql.ref(column);
    await this.#run(sql`update ${sql.table(table)} set ${ref} = ${to} where ${ref} = ${from}`);
  }

  async #dropTwins({ table, listColumn, columns, gone, kept }: Twins): Promise<void> {
    const alike = columns.map(
      (column) => sql`${sql.ref(`twin.${column}`)} = ${sql.ref(`${table}.${column}`)}`,
    );
    await this.#run(sql`delete from ${sql.table(table)} where ${sql.ref(listColumn)} = ${gone} and exists
      (select 1 from ${sql.table(table)} as "twin" where ${sql.ref(`twin.${listColumn}`)} = ${kept}
      and ${sql.join(alike, sql` and `)})`);
  }

  /** Posts that the new name got meanwhile are numbered after those of the old one. */
  async #moveArchive(from: string, to: string): Promise<void> {
    const [mine, theirs] = [await this.#counter(from), await this.#counter(to)];
    if (mine > 0 && theirs > 0) {
      const shift = Math.max(mine, theirs);
      await this.#run(sql`update "archive_post" set "sequence" = "sequence" + ${shift} where "list" = ${to}`);
      await this.#run(sql`update "list_counter" set "value" = ${shift + theirs} where "list" = ${to}`);
      await this.#run(sql`delete from "list_counter" where "list" = ${from}`);
    }
    await this.#move('archive_post', 'list', from, to);
    await this.#move('list_counter', 'list', from, to);
  }

  async #counter(list: string): Promise<number> {
    const query = this.#database.db.selectFrom('list_counter').select('value').where('list', '=', list);
    return (await query.executeTakeFirst())?.value ?? 0;
  }

  /** Warnings of a list's certificates: `list ADDRESS DIGEST`. */
  async #moveWarnings(from: string, to: string): Promise<void> {
    const { db } = this.#database;
    const query = db.selectFrom('certificate_warning').select(['subject', 'stage']).distinct();
    for (const { subject, stage } of await query.where('subject', 'like', `list ${from} %`).execute()) {
      const [kind, list, digest] = subject.split(' ');
      if (list !== from) continue;
      await db
        .updateTable('certificate_warning')
        .set({ subject: `${kind} ${to} ${digest}` })
        .where('subject', '=', subject)
        .where('stage', '=', stage)
        .execute();
    }
  }

  /** Requests that wait for a key: its list by name or address, or several addresses with blanks between. */
  async #moveRequests(from: string, to: string): Promise<void> {
    const { db } = this.#database;
    const rows = await db
      .selectFrom('request_key')
      .select(['digest', 'list', 'request'])
      .where('request', 'is not', null)
      .where((of) => of.or([of('list', '=', to), of('request', 'like', `%${from}%`)]))
      .execute();
    for (const { digest, list, request } of rows) {
      const held = JSON.parse(request!) as HeldArguments;
      const args = renamedArguments(held.call.arguments, list === to, { from, to });
      const text = JSON.stringify({ ...held, call: { ...held.call, arguments: args } });
      if (text !== request)
        await db.updateTable('request_key').set({ request: text }).where('digest', '=', digest).execute();
    }
  }

  async #moveJobs(from: string, to: string): Promise<void> {
    const { db } = this.#database;
    const query = db.selectFrom('job').select(['id', 'kind', 'subject', 'payload']);
    const sought = `%"list":${JSON.stringify(from)}%`;
    for (const { id, kind, subject, payload } of await query.where('payload', 'like', sought).execute()) {
      const values = JSON.parse(payload) as { readonly list?: unknown };
      if (values.list !== from) continue;
      const renamed = subject.startsWith(`${from} `) ? `${to}${subject.slice(from.length)}` : subject;
      if (renamed !== subject)
        await db.deleteFrom('job').where('kind', '=', kind).where('subject', '=', renamed).execute();
      await db
        .updateTable('job')
        .set({ subject: renamed, payload: JSON.stringify({ ...values, list: to }) })
        .where('id', '=', id)
        .execute();
    }
  }

  /** What is being decided on at this moment was read under the old name: its job runs once more. */
  async #decideAgain(list: string): Promise<void> {
    const jobs = new Jobs(this.#database);
    const query = this.#database.db.selectFrom('message').select('id').where('list', '=', list);
    for (const { id } of await query.where('state', 'in', ['incoming', 'held']).execute())
      await jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: id });
  }

  async #run(statement: RawBuilder<unknown>): Promise<void> {
    await statement.execute(this.#database.db);
  }
}

function renamedArguments(
  given: Readonly<Record<string, string>>,
  isOfList: boolean,
  { from, to }: { readonly from: string; readonly to: string },
): Readonly<Record<string, string>> {
  const { list, lists } = given;
  const renamed = (address: string) => (address === from ? to : address);
  return {
    ...given,
    ...(list !== undefined && { list: isOfList ? to : renamed(list) }),
    ...(lists !== undefined && { lists: lists.split(' ').map(renamed).join(' ') }),
  };
}
