import type { MigrationSql } from '../engine.ts';

/** What tells whether the bytes of a message are still needed: distributions under way, by message. */
export const archiveTables: MigrationSql = () => [
  `create index "distribution_open" on "distribution" ("messageId") where "finishedAt" is null`,
];
