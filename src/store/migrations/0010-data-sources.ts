import type { MigrationSql } from '../engine.ts';

/** Who comes from which data source of a list, who is not to come from any, and how each source was last read. */
export const dataSourceTables: MigrationSql = ({ text, int, keyed }) => [
  `alter table "subscriber" add column "subscribed" ${int} not null default 1`,
  `alter table "subscriber" add column "included" ${int} not null default 0`,
  `create table "inclusion" ("list" ${text} not null, "role" ${text} not null, "address" ${text} not null,
    "source" ${text} not null, "gecos" ${text}, "options" ${text},
    primary key ("list", "role", "address", "source")) ${keyed}`,
  `create table "exclusion" ("list" ${text} not null, "address" ${text} not null, "excludedAt" ${int} not null,
    primary key ("list", "address")) ${keyed}`,
  `create table "data_source" ("list" ${text} not null, "role" ${text} not null, "source" ${text} not null,
    "name" ${text} not null, "people" ${int} not null, "triedAt" ${int} not null, "readAt" ${int},
    "failedAt" ${int}, "code" ${text}, "reason" ${text}, "toldAt" ${int},
    primary key ("list", "role", "source")) ${keyed}`,
];
