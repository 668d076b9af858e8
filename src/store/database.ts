import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Engine } from './migrations.ts';
import type { Schema } from './schema.ts';

/** What a repository works with: the database or one transaction of it, and the time. */
export interface Database {
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
  readonly clock: Clock;
  /** Tells, once the work is committed, that jobs may be due. */
  readonly jobsChanged: () => void;
}
