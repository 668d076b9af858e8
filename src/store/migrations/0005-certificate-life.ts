import type { MigrationSql } from '../engine.ts';

/** The history of certificates, when directories were asked for whom, and who left their last list. */
export const certificateLifeTables: MigrationSql = ({ text, int, keyed }) => [
  `create table "certificate_event" ("certificateId" ${text} not null, "sequence" ${int} not null,
    "at" ${int} not null, "status" ${text} not null, "source" ${text} not null, "note" ${text},
    primary key ("certificateId", "sequence")) ${keyed}`,
  `create table "certificate_look_up" ("address" ${text} primary key, "lookedAt" ${int} not null,
    "found" ${int} not null) ${keyed}`,
  `create index "certificate_look_up_age" on "certificate_look_up" ("lookedAt")`,
  `create table "subscription_end" ("address" ${text} primary key, "leftAt" ${int} not null) ${keyed}`,
];
