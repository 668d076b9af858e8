import type { MigrationSql } from '../engine.ts';

/** Whose mail comes back how often, of which post each bounce is, and the posts of a list by time. */
export const bounceTables: MigrationSql = ({ text, int, keyed }) => [
  `alter table "bounce" add column "status" ${text}`,
  `alter table "bounce" add column "postId" ${text}`,
  `create unique index "bounce_once" on "bounce" ("list", "address", "postId") where "postId" is not null`,
  `create index "bounce_address" on "bounce" ("list", "address")`,
  `create table "bouncer" ("list" ${text} not null, "address" ${text} not null, "firstAt" ${int} not null,
    "lastAt" ${int} not null, "count" ${int} not null, "status" ${text} not null, "score" ${int},
    "actedBy" ${text}, primary key ("list", "address")) ${keyed}`,
  `create index "distribution_posts" on "distribution" ("list", "createdAt") where "sequence" > 0`,
];
