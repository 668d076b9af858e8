import type { MigrationSql } from '../engine.ts';

/** Which certificates only the narrower anchors of a list or a domain accept. */
export const narrowAnchorsColumn: MigrationSql = ({ int }) => [
  `alter table "certificate" add column "narrow" ${int} not null default 0`,
];
