import type { MigrationSql } from '../engine.ts';

/** Which certificates of the DNS count only with a path, since their record demands one. */
export const recordNeedsPathColumn: MigrationSql = ({ int }) => [
  `alter table "certificate" add column "needsPath" ${int} not null default 0`,
];
