import type { Database } from './database.ts';
import type { ArchivePostTable } from './schema.ts';

/** A post in the archive of its list; its bytes are those of the message as received. */
export type ArchivePost = Readonly<ArchivePostTable>;

/** How many posts a month has. */
export interface ArchiveMonth {
  /** `2026-11`. */
  readonly month: string;
  readonly posts: number;
}

/** The archives of lists. */
export class ArchivePosts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(post: ArchivePost): Promise<void> {
    await this.#database.db.insertInto('archive_post').values(post).execute();
  }

  async months(list: string): Promise<readonly ArchiveMonth[]> {
    const rows = await this.#database.db
      .selectFrom('archive_post')
      .select(({ fn }) => ['month', fn.countAll<number>().as('posts')])
      .where('list', '=', list)
      .groupBy('month')
      .orderBy('month')
      .execute();
    return rows.map(({ month, posts }) => ({ month, posts: Number(posts) }));
  }

  /** Gives the posts of a month in their order. */
  async ofMonth(
    list: string,
    month: string,
    { offset = 0, limit }: { readonly offset?: number; readonly limit: number },
  ): Promise<readonly ArchivePost[]> {
    return (
      this.#database.db
        .selectFrom('archive_post')
        .selectAll()
        .where('list', '=', list)
        // A span and an order, since SQLite would read the whole archive in the order of its key for one month.
        .where('month', '>=', month)
        .where('month', '<=', month)
        .orderBy('month')
        .orderBy('sequence')
        .limit(limit)
        .offset(offset)
        .execute()
    );
  }

  async countOfMonth(list: string, month: string): Promise<number> {
    const { posts } = await this.#database.db
      .selectFrom('archive_post')
      .select(({ fn }) => fn.countAll<number>().as('posts'))
      .where('list', '=', list)
      .where('month', '=', month)
      .executeTakeFirstOrThrow();
    return Number(posts);
  }

  async find(list: string, sequence: number): Promise<ArchivePost | undefined> {
    const query = this.#database.db.selectFrom('archive_post').selectAll().where('list', '=', list);
    return query.where('sequence', '=', sequence).executeTakeFirst();
  }

  /** Gives a post, and keeps it in its archive until the end of the transaction. */
  async locked(list: string, sequence: number): Promise<ArchivePost | undefined> {
    const { db, engine } = this.#database;
    const query = db.selectFrom('archive_post').selectAll().where('list', '=', list);
    const one = query.where('sequence', '=', sequence);
    // SQLite has one writer at a time.
    return (engine === 'postgres' ? one.forUpdate() : one).executeTakeFirst();
  }

  /** Gives the addresses of the lists that have an archive. */
  async lists(): Promise<readonly string[]> {
    const query = this.#database.db.selectFrom('archive_post').select('list').distinct();
    return (await query.orderBy('list').execute()).map(({ list }) => list);
  }

  /**
   * Takes the posts of the months before one out of an archive, the oldest first.
   *
   * @param month the first that stays
   * @param limit the most posts at a time
   * @returns the posts taken out
   */
  async takeBefore(list: string, month: string, limit: number): Promise<readonly ArchivePost[]> {
    const { db } = this.#database;
    const posts = await db
      .selectFrom('archive_post')
      .selectAll()
      .where('list', '=', list)
      .where('month', '<', month)
      .orderBy('month')
      .orderBy('sequence')
      .limit(limit)
      .execute();
    if (posts.length === 0) return [];
    await db
      .deleteFrom('archive_post')
      .where('list', '=', list)
      .where(
        'sequence',
        'in',
        posts.map(({ sequence }) => sequence),
      )
      .execute();
    return posts;
  }

  async last(list: string): Promise<ArchivePost | undefined> {
    const query = this.#database.db.selectFrom('archive_post').selectAll().where('list', '=', list);
    return query.orderBy('sequence', 'desc').limit(1).executeTakeFirst();
  }

  /** Tells whether the bytes of a message belong to an archive, and so are kept. */
  async holds(messageId: string): Promise<boolean> {
    const query = this.#database.db.selectFrom('archive_post').select('list');
    return (await query.where('messageId', '=', messageId).limit(1).executeTakeFirst()) !== undefined;
  }
}
