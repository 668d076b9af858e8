import type { MigrationSql } from '../engine.ts';

/** When sources of certificates are to be asked again: a record of the DNS says so itself. */
export const lookUpDueColumn: MigrationSql = ({ int }) => [
  `alter table "certificate_look_up" add column "dueAt" ${int} not null default 0`,
  'drop index "certificate_look_up_age"',
  `create index "certificate_look_up_due" on "certificate_look_up" ("dueAt")`,
];
