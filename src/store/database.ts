import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Engine } from './engine.ts';
import type { Schema } from './schema.ts';

/** What a repository works with: the database or one transaction of it, and the time. */
export interface Database {
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
  readonly clock: Clock;
  /** Tells, once the work is committed, that jobs may be due. */
  readonly jobsChanged: () => void;
}

/** A database of one engine, ready to be asked. */
export interface OpenDatabase {
  readonly engine: Engine;
  readonly db: Kysely<Schema>;
  /** The file, where it is one. */
  readonly path?: string;
  /** Starts to call back when another process announces jobs, where the engine carries such news. */
  listen(wake: () => void): Promise<void>;
  /** Tells other processes that jobs may be due. */
  announce(): Promise<void>;
  close(): Promise<void>;
}
