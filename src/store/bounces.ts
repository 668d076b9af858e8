import { newId } from '../secrets.ts';
import { byText } from './by-text.ts';
import type { Database } from './database.ts';
import type { BounceTable } from './schema.ts';

const dayMs = 86_400_000;

/** A bounce that counts: whose copy of which post came back. */
export interface CountedBounce {
  readonly list: string;
  /** Canonical. */
  readonly address: string;
  /** RFC 3463 §2: `5.1.1`. */
  readonly status: string;
  /**
   * The stored message of the post; `null` where the bounce does not tell. Each post counts once, and of those that do not
   * tell one a day: whoever once saw a return address could repeat them at will.
   */
  readonly postId: string | null;
  /** The stored message of the report; empty where the peer refused the copy in the dialogue. */
  readonly messageId: string;
  readonly receivedAt: number;
}

/** Reports about mail that came back: codes and counts, nothing of the mail. */
export class Bounces {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes down that a report came, of nobody where it counts for nobody. */
  async insert(bounce: Readonly<Omit<BounceTable, 'status' | 'postId'>>): Promise<void> {
    await this.#database.db
      .insertInto('bounce')
      .values({ ...bounce, status: null, postId: null })
      .execute();
  }

  /**
   * Counts bounces as `count` does, within one transaction, by list and address: whoever counts at the same time takes the
   * locks in the same order.
   *
   * @returns how many count
   */
  async countAll(bounces: readonly CountedBounce[]): Promise<number> {
    let counted = 0;
    for (const bounce of bounces.toSorted(byOwner)) if (await this.count(bounce)) counted += 1;
    return counted;
  }

  /**
   * Counts a bounce for a subscriber, within one transaction.
   *
   * @returns false where the post was counted before, or the address is not subscribed: nothing is written then
   */
  async count(bounce: CountedBounce): Promise<boolean> {
    const { db } = this.#database;
    const { list, address, status, receivedAt } = bounce;
    const postId = bounce.postId ?? `day ${Math.floor(receivedAt / dayMs)}`;
    const subscribed = db.selectFrom('subscriber').select('address').where('list', '=', list);
    if (!(await subscribed.where('address', '=', address).executeTakeFirst())) return false;
    const written = await db
      .insertInto('bounce')
      .values({ id: newId(receivedAt), ...bounce, postId })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if ((written.numInsertedOrUpdatedRows ?? 0n) === 0n) return false;
    const first = { firstAt: receivedAt, count: 1, score: null, actedBy: null };
    await db
      .insertInto('bouncer')
      .values({ list, address, lastAt: receivedAt, status, ...first })
      .onConflict((conflict) =>
        conflict.columns(['list', 'address']).doUpdateSet((of) => ({
          count: of('bouncer.count', '+', 1),
          lastAt: receivedAt,
          status,
        })),
      )
      .execute();
    return true;
  }

  list(list: string): Promise<readonly Readonly<BounceTable>[]> {
    return this.#database.db
      .selectFrom('bounce')
      .selectAll()
      .where('list', '=', list)
      .orderBy('id')
      .execute();
  }
}

function byOwner(a: CountedBounce, b: CountedBounce): number {
  return byText(a.list, b.list) || byText(a.address, b.address);
}
