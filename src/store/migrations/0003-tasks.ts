import type { MigrationSql } from '../engine.ts';

/** Tasks that outlive the process, who was warned of which certificate, and the way to what is kept too long. */
export const taskTables: MigrationSql = ({ text, int, keyed }) => [
  `create table "task" ("id" ${text} primary key, "model" ${text} not null, "version" ${text} not null,
    "object" ${text} not null, "label" ${text} not null, "dueAt" ${int}, "origin" ${text} not null,
    "variables" ${text}, "createdAt" ${int} not null, "failures" ${int} not null, "code" ${text},
    "toldAt" ${int}, unique ("model", "object")) ${keyed}`,
  `create index "task_due" on "task" ("dueAt")`,
  `create table "certificate_warning" ("subject" ${text} not null, "stage" ${text} not null,
    "toldAt" ${int} not null, primary key ("subject", "stage")) ${keyed}`,
  `create index "certificate_warning_age" on "certificate_warning" ("toldAt")`,
  `create index "distribution_finished" on "distribution" ("finishedAt") where "finishedAt" is not null`,
  `create index "distribution_message" on "distribution" ("messageId")`,
  `create index "ciphertext_seen_age" on "ciphertext_seen" ("seenAt")`,
  `create index "post_seen_age" on "post_seen" ("seenAt")`,
  `create index "message_decided" on "message" ("decidedAt")`,
  `create index "bounce_age" on "bounce" ("receivedAt")`,
];
