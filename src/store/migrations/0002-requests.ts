import type { MigrationSql } from '../engine.ts';

/** What requests need: keys that confirm them, limits against floods, signatures used once, what is known of persons. */
export const requestTables: MigrationSql = ({ text, int, keyed }) => [
  `create table "request_key" ("digest" ${text} primary key, "kind" ${text} not null, "list" ${text} not null,
    "address" ${text} not null, "request" ${text}, "messageId" ${text}, "createdAt" ${int} not null,
    "expiresAt" ${int} not null, "usedAt" ${int}, "usedBy" ${text}, "outcome" ${text}) ${keyed}`,
  `create index "request_key_message" on "request_key" ("messageId")`,
  `create index "request_key_expiry" on "request_key" ("expiresAt")`,
  `create table "rate" ("subject" ${text} primary key, "count" ${int} not null, "since" ${int} not null) ${keyed}`,
  `create index "rate_age" on "rate" ("since")`,
  `create table "signature_used" ("digest" ${text} primary key, "messageId" ${text} not null,
    "usedAt" ${int} not null) ${keyed}`,
  `create index "signature_used_age" on "signature_used" ("usedAt")`,
  `create table "person" ("address" ${text} primary key, "gecos" ${text}, "lang" ${text},
    "updatedAt" ${int} not null) ${keyed}`,
  `create table "archive_post" ("list" ${text} not null, "sequence" ${int} not null, "month" ${text} not null,
    "messageId" ${text} not null, "distributionId" ${text} not null, "sentAt" ${int} not null,
    primary key ("list", "sequence")) ${keyed}`,
  `create index "archive_post_month" on "archive_post" ("list", "month", "sequence")`,
  `create index "archive_post_message" on "archive_post" ("messageId")`,
  `alter table "subscriber" add column "updatedAt" ${int}`,
  `create index "message_list_state" on "message" ("list", "state", "id")`,
];
