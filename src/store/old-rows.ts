import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { MessageState } from './messages.ts';

/** States in which nothing more becomes of a message. */
const settled: readonly MessageState[] = [
  'distributed',
  'refused',
  'forwarded',
  'recorded',
  'discarded',
  'executed',
  'expired',
];

/**
 * What may go once nothing asks for it any more. Each method takes a time before which rows are old, and says how many
 * went; those with a limit are called until it is none, so that nobody waits for one long statement.
 */
export class OldRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Message-IDs that lists distributed: a second post of the same identifier is taken for a new one afterwards. */
  async postIds(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('post_seen').where('seenAt', '<', beforeMs));
  }

  /** Digests of ciphertexts that lists distributed: until then none is distributed twice. */
  async ciphertexts(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('ciphertext_seen').where('seenAt', '<', beforeMs));
  }

  /** Notices about missing certificates. */
  async notices(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('certificate_notice').where('toldAt', '<', beforeMs));
  }

  /** Warnings about the end of certificates. */
  async certificateWarnings(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('certificate_warning').where('toldAt', '<', beforeMs));
  }

  /** Mails that runs of tasks asked for, where the run was neither ended nor done again since. */
  async taskMails(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('task_mail').where('askedAt', '<', beforeMs));
  }

  /** Keys that ended before a time, used or not. */
  async requestKeys(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('request_key').where('expiresAt', '<', beforeMs));
  }

  /** Bounces that came before a time. */
  async bounces(beforeMs: number): Promise<number> {
    return gone(this.#database.db.deleteFrom('bounce').where('receivedAt', '<', beforeMs));
  }

  /**
   * Subscribers whose mail comes through again: the last bounce is so much older than the last post of their list. Where no
   * post went out nothing is known of them, and they stay.
   */
  async bouncers(quietMs: number): Promise<number> {
    const { db } = this.#database;
    let forgotten = 0;
    for (const { list } of await db.selectFrom('bouncer').select('list').distinct().execute()) {
      const last = await this.#lastPost(list);
      if (last === undefined) continue;
      const quiet = db.deleteFrom('bouncer').where('list', '=', list);
      forgotten += await gone(quiet.where('lastAt', '<', last - quietMs));
    }
    return forgotten;
  }

  /** A copy that somebody had sent out of the archive later is no post of its own. */
  async #lastPost(list: string): Promise<number | undefined> {
    const posts = this.#database.db
      .selectFrom('distribution')
      .select(({ fn }) => fn.min<number>('createdAt').as('at'))
      .where('list', '=', list)
      .where('sequence', '>', sql.lit(0))
      .groupBy('messageId');
    const query = this.#database.db.selectFrom(posts.as('post'));
    const row = await query
      .select(({ fn }) => fn.max<number | null>('post.at').as('last'))
      .executeTakeFirst();
    return row?.last == null ? undefined : Number(row.last);
  }

  /** Bounces of addresses that are not subscribed to the list any more. */
  async orphanBounces(): Promise<number> {
    const { db } = this.#database;
    const bounces = db.deleteFrom('bounce').where('address', 'is not', null);
    const ofNobody = await gone(bounces.where(sql<boolean>`not ${subscribed('bounce')}`));
    return (
      ofNobody + (await gone(db.deleteFrom('bouncer').where(sql<boolean>`not ${subscribed('bouncer')}`)))
    );
  }

  /** What became of each recipient of the distributions that ended before a time. */
  async deliveries(beforeMs: number, limit: number): Promise<number> {
    const { db } = this.#database;
    return gone(
      db.deleteFrom('delivery').where('distributionId', 'in', (of) =>
        of
          .selectFrom('distribution')
          .select('distribution.id')
          .where('finishedAt', 'is not', null)
          .where('finishedAt', '<', beforeMs)
          .where((has) =>
            has.exists(
              has
                .selectFrom('delivery as kept')
                .select('kept.address')
                .whereRef('kept.distributionId', '=', 'distribution.id'),
            ),
          )
          .orderBy('finishedAt')
          .limit(limit),
      ),
    );
  }

  /** Distributions that ended before a time, but for those that archived posts went out with. */
  async distributions(beforeMs: number, limit: number): Promise<number> {
    const { db } = this.#database;
    return gone(
      db.deleteFrom('distribution').where('id', 'in', (of) =>
        of
          .selectFrom('distribution as old')
          .select('old.id')
          .where('old.finishedAt', 'is not', null)
          .where('old.finishedAt', '<', beforeMs)
          .where((has) =>
            has.not(
              has.exists(
                has
                  .selectFrom('archive_post')
                  .select('archive_post.list')
                  .whereRef('archive_post.messageId', '=', 'old.messageId')
                  .whereRef('archive_post.distributionId', '=', 'old.id'),
              ),
            ),
          )
          .orderBy('old.finishedAt')
          .limit(limit),
      ),
    );
  }

  /**
   * Messages that were decided on before a time, but for those in archives and those still on their way. One in quarantine
   * was taken with "250 OK" and nothing became of it: it stays.
   */
  async messages(beforeMs: number, limit: number): Promise<number> {
    const { db } = this.#database;
    return gone(
      db.deleteFrom('message').where('id', 'in', (of) =>
        of
          .selectFrom('message as old')
          .select('old.id')
          .where('old.decidedAt', '<', beforeMs)
          .where('old.state', 'in', settled)
          .where((has) =>
            has.not(
              has.exists(
                has
                  .selectFrom('archive_post')
                  .select('archive_post.list')
                  .whereRef('archive_post.messageId', '=', 'old.id'),
              ),
            ),
          )
          .where((has) =>
            has.not(
              has.exists(
                has
                  .selectFrom('distribution')
                  .select('distribution.id')
                  .whereRef('distribution.messageId', '=', 'old.id')
                  .where('distribution.finishedAt', 'is', null),
              ),
            ),
          )
          .limit(limit),
      ),
    );
  }

  /** Gives persons of whom nothing was written down since a time, and who are subscribed nowhere. */
  async personsWithoutSubscription(beforeMs: number): Promise<readonly string[]> {
    const rows = await this.#database.db
      .selectFrom('person')
      .select('person.address')
      .where('updatedAt', '<', beforeMs)
      .where((of) =>
        of.not(
          of.exists(
            of
              .selectFrom('subscriber')
              .select('subscriber.list')
              .whereRef('subscriber.address', '=', 'person.address'),
          ),
        ),
      )
      .execute();
    return rows.map(({ address }) => address);
  }

  /**
   * Forgets what is known of a person beyond subscriptions, unless somebody wrote something down or subscribed the person
   * since `personsWithoutSubscription` gave the address.
   */
  async person(address: string, beforeMs: number): Promise<number> {
    return gone(
      this.#database.db
        .deleteFrom('person')
        .where('address', '=', address)
        .where('updatedAt', '<', beforeMs)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('subscriber').select('subscriber.list').where('subscriber.address', '=', address),
            ),
          ),
        ),
    );
  }
}

interface Deletion {
  executeTakeFirst(): Promise<{ readonly numDeletedRows: bigint } | undefined>;
}

async function gone(deletion: Deletion): Promise<number> {
  return Number((await deletion.executeTakeFirst())?.numDeletedRows ?? 0n);
}

/** Whether a row is about an address that is subscribed to the list. */
function subscribed(table: 'bounce' | 'bouncer') {
  return sql`exists (select 1 from "subscriber" where "subscriber"."list" = ${sql.ref(`${table}.list`)}
    and "subscriber"."address" = ${sql.ref(`${table}.address`)})`;
}
