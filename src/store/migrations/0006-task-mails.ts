import type { MigrationSql } from '../engine.ts';

/** Which mails a run of a task asked for, and when a run that failed was due first. */
export const taskMailTables: MigrationSql = ({ text, int, keyed }) => [
  `create table "task_mail" ("run" ${text} not null, "template" ${text} not null, "address" ${text} not null,
    "askedAt" ${int} not null, primary key ("run", "template", "address")) ${keyed}`,
  `create index "task_mail_age" on "task_mail" ("askedAt")`,
  `alter table "task" add column "firstDueAt" ${int}`,
];
