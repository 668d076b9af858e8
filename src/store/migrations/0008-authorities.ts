import type { MigrationSql } from '../engine.ts';

/** Authorities between persons and anchors. */
export const authorityTables: MigrationSql = ({ text, int, bytes, keyed }) => [
  `create table "authority" ("sha256" ${text} primary key, "der" ${bytes} not null, "notAfter" ${int} not null,
    "addedAt" ${int} not null) ${keyed}`,
];
