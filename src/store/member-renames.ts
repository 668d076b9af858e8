import { sql } from 'kysely';
import type { Database } from './database.ts';
import { Inclusions } from './inclusions.ts';
import { Subscribers } from './subscribers.ts';

/**
 * Settles who is subscribed where the new name of a list has subscribers already, because data sources were read under it
 * between the rename of the folder and that of the rows. What a person chose counts, whichever name it was chosen under,
 * the new one first; what a data source says yields to it. Rows alike under both names are left to be dropped under the old.
 */
export async function settleMembers({ db }: Database, from: string, to: string): Promise<void> {
  const [old, recent] = [sql`${from}`, sql`${to}`];
  // Who signed off under the new name has left.
  await sql`delete from "subscriber" where "list" = ${old} and exists (select 1 from "exclusion" as "left"
    where "left"."list" = ${recent} and "left"."address" = "subscriber"."address")`.execute(db);
  // Who subscribed under the new name is back.
  await sql`delete from "exclusion" where "list" = ${old} and exists (select 1 from "subscriber" as "back"
    where "back"."list" = ${recent} and "back"."address" = "exclusion"."address"
    and "back"."subscribed" = 1)`.execute(db);
  for (const [list, twins] of [
    [old, recent],
    [recent, old],
  ] as const)
    await sql`update "subscriber" set "included" = 1 where "list" = ${list} and exists
      (select 1 from "subscriber" as "twin" where "twin"."list" = ${twins}
      and "twin"."address" = "subscriber"."address" and "twin"."included" = 1)`.execute(db);
  await sql`delete from "subscriber" where "list" = ${recent} and "subscribed" = 0 and exists
    (select 1 from "subscriber" as "twin" where "twin"."list" = ${old}
    and "twin"."address" = "subscriber"."address")`.execute(db);
}

/** Takes out whom a data source brought under the new name although they had signed off under the old one. */
export async function dropSignedOff(database: Database, list: string): Promise<void> {
  if ((await new Inclusions(database).dropExcluded(list)) === 0) return;
  const subscribers = new Subscribers(database);
  await subscribers.noteEnds(await subscribers.endInclusions(list));
}
