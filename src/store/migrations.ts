import { type Kysely, sql } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';
import { type Engine, type MigrationSql, sqlWords } from './engine.ts';
import { firstTables } from './migrations/0001-first-tables.ts';
import { requestTables } from './migrations/0002-requests.ts';
import { taskTables } from './migrations/0003-tasks.ts';
import { archiveTables } from './migrations/0004-archive.ts';
import { certificateLifeTables } from './migrations/0005-certificate-life.ts';
import { taskMailTables } from './migrations/0006-task-mails.ts';
import { lookUpDueColumn } from './migrations/0007-look-up-due.ts';
import { authorityTables } from './migrations/0008-authorities.ts';
import { bounceTables } from './migrations/0009-bounces.ts';
import { dataSourceTables } from './migrations/0010-data-sources.ts';
import { narrowAnchorsColumn } from './migrations/0011-narrow-anchors.ts';
import { recordNeedsPathColumn } from './migrations/0012-record-needs-path.ts';

/** Numbered steps from an empty database to this version; one that was released is never edited. */
export const migrations: Readonly<Record<string, MigrationSql>> = {
  '0001-first-tables': firstTables,
  '0002-requests': requestTables,
  '0003-tasks': taskTables,
  '0004-archive': archiveTables,
  '0005-certificate-life': certificateLifeTables,
  '0006-task-mails': taskMailTables,
  '0007-look-up-due': lookUpDueColumn,
  '0008-authorities': authorityTables,
  '0009-bounces': bounceTables,
  '0010-data-sources': dataSourceTables,
  '0011-narrow-anchors': narrowAnchorsColumn,
  '0012-record-needs-path': recordNeedsPathColumn,
};

/** Gives the migrations in an engine's words. */
export function migrationProvider(engine: Engine): MigrationProvider {
  const entries = Object.entries(migrations).map(([name, statements]): [string, Migration] => [
    name,
    {
      up: async (db: Kysely<unknown>) => {
        for (const statement of statements(sqlWords[engine])) await sql.raw(statement).execute(db);
      },
    },
  ]);
  return { getMigrations: async () => Object.fromEntries(entries) };
}
