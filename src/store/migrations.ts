import { type Kysely, sql } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';

/** The engines that the store runs on. */
export type Engine = 'sqlite' | 'postgres';

/** Column types that the engines name differently. */
interface ColumnTypes {
  readonly blob: ReturnType<typeof sql>;
  readonly bigint: 'bigint';
}

const columnTypes: Readonly<Record<Engine, ColumnTypes>> = {
  sqlite: { blob: sql`blob`, bigint: 'bigint' },
  postgres: { blob: sql`bytea`, bigint: 'bigint' },
};

/** Numbered steps from an empty database to this version; a step that was released is never edited. */
export function migrationProvider(engine: Engine): MigrationProvider {
  const types = columnTypes[engine];
  const migrations: Record<string, Migration> = {
    '0001-first-tables': { up: (db: Kysely<unknown>) => firstTables(db, types) },
  };
  return { getMigrations: async () => migrations };
}

async function firstTables(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await mailTables(db, types);
  await workTables(db, types);
  await peopleTables(db, types);
  await guardTables(db, types);
}

async function mailTables(db: Kysely<unknown>, { blob, bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('message')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('recipient', 'text', (c) => c.notNull())
    .addColumn('envelopeSender', 'text', (c) => c.notNull())
    .addColumn('raw', blob as never)
    .addColumn('size', bigint, (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('receivedAt', bigint, (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('reason', 'text')
    .addColumn('verdict', 'text')
    .addColumn('decision', 'text')
    .addColumn('decidedAt', bigint)
    .execute();
  await db.schema.createIndex('message_state').on('message').columns(['state', 'id']).execute();
  await db.schema
    .createTable('intake_receipt')
    .addColumn('recipient', 'text', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('messageId', 'text', (c) => c.notNull())
    .addColumn('receivedAt', bigint, (c) => c.notNull())
    .addPrimaryKeyConstraint('intake_receipt_key', ['recipient', 'sha256'])
    .execute();
  await db.schema.createIndex('intake_receipt_age').on('intake_receipt').column('receivedAt').execute();
  await db.schema
    .createTable('distribution')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('messageId', 'text', (c) => c.notNull())
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('sender', 'text', (c) => c.notNull())
    .addColumn('sequence', bigint, (c) => c.notNull())
    .addColumn('form', 'text', (c) => c.notNull())
    .addColumn('head', blob as never, (c) => c.notNull())
    .addColumn('content', blob as never)
    .addColumn('policy', 'text', (c) => c.notNull())
    .addColumn('createdAt', bigint, (c) => c.notNull())
    .addColumn('finishedAt', bigint)
    .execute();
  await db.schema
    .createTable('delivery')
    .addColumn('distributionId', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('packet', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('reply', 'text')
    .addColumn('updatedAt', bigint, (c) => c.notNull())
    .addColumn('keepUntil', bigint)
    .addPrimaryKeyConstraint('delivery_key', ['distributionId', 'address'])
    .execute();
  await db.schema
    .createIndex('delivery_packet')
    .on('delivery')
    .columns(['distributionId', 'packet', 'state'])
    .execute();
  await db.schema.createIndex('delivery_waiting').on('delivery').columns(['state', 'address']).execute();
}

async function workTables(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('job')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('runAt', bigint, (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('claimedBy', 'text')
    .addColumn('claimedUntil', bigint)
    .addColumn('code', 'text')
    .addColumn('reason', 'text')
    .addColumn('createdAt', bigint, (c) => c.notNull())
    .addUniqueConstraint('job_subject', ['kind', 'subject'])
    .execute();
  await db.schema.createIndex('job_due').on('job').columns(['role', 'state', 'runAt']).execute();
  await db.schema
    .createTable('lock')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('heldUntil', bigint, (c) => c.notNull())
    .execute();
}

async function peopleTables(db: Kysely<unknown>, { blob, bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('subscriber')
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('reception', 'text', (c) => c.notNull())
    .addColumn('visibility', 'text', (c) => c.notNull())
    .addColumn('gecos', 'text')
    .addColumn('since', bigint, (c) => c.notNull())
    .addColumn('source', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('subscriber_key', ['list', 'address'])
    .execute();
  await db.schema.createIndex('subscriber_address').on('subscriber').column('address').execute();
  await db.schema
    .createTable('certificate')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('usage', 'text', (c) => c.notNull())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('serial', 'text', (c) => c.notNull())
    .addColumn('notBefore', bigint, (c) => c.notNull())
    .addColumn('notAfter', bigint, (c) => c.notNull())
    .addColumn('signingTime', bigint)
    .addColumn('firstSeen', bigint, (c) => c.notNull())
    .addColumn('updatedAt', bigint, (c) => c.notNull())
    .addColumn('der', blob as never, (c) => c.notNull())
    .addColumn('capabilities', 'text')
    .addColumn('note', 'text')
    .addUniqueConstraint('certificate_of_address', ['address', 'sha256'])
    .execute();
  await db.schema
    .createIndex('certificate_status')
    .on('certificate')
    .columns(['status', 'notAfter'])
    .execute();
  await db.schema
    .createTable('certificate_file')
    .addColumn('fileName', 'text', (c) => c.primaryKey())
    .addColumn('contentSha256', 'text', (c) => c.notNull())
    .addColumn('certificateId', 'text', (c) => c.notNull())
    .addColumn('writtenAt', bigint, (c) => c.notNull())
    .execute();
}

async function guardTables(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('certificate_notice')
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('toldAt', bigint, (c) => c.notNull())
    .addPrimaryKeyConstraint('certificate_notice_key', ['list', 'address'])
    .execute();
  await db.schema
    .createTable('ciphertext_seen')
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('messageId', 'text', (c) => c.notNull())
    .addColumn('seenAt', bigint, (c) => c.notNull())
    .addPrimaryKeyConstraint('ciphertext_seen_key', ['list', 'digest'])
    .execute();
  await db.schema
    .createTable('post_seen')
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('headerId', 'text', (c) => c.notNull())
    .addColumn('messageId', 'text', (c) => c.notNull())
    .addColumn('seenAt', bigint, (c) => c.notNull())
    .addPrimaryKeyConstraint('post_seen_key', ['list', 'headerId'])
    .execute();
  await db.schema
    .createTable('list_counter')
    .addColumn('list', 'text', (c) => c.primaryKey())
    .addColumn('value', bigint, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('bounce')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('address', 'text')
    .addColumn('messageId', 'text', (c) => c.notNull())
    .addColumn('receivedAt', bigint, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('report_entry')
    .addColumn('list', 'text', (c) => c.notNull())
    .addColumn('day', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('distributionId', 'text', (c) => c.notNull())
    .addColumn('code', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('report_entry_key', ['list', 'day', 'address', 'distributionId'])
    .execute();
}
