import type { Site } from '../config/site.ts';
import type { Lists } from '../lists/lists.ts';
import type { Repositories } from '../store/store.ts';
import type { SourceAnswer } from './people.ts';

/** What data sources are read with. */
export interface SourceParts {
  readonly site: Site;
  readonly lists: Lists;
  readonly store: Pick<Repositories, 'subscribers' | 'inclusions' | 'exclusions'>;
}

/** Bounds of one reading. */
export interface ReadBounds {
  /** The most that it may take; the source's own limit may be shorter. */
  readonly limitMs: number;
  /** Ends it: nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that names people, as the `config` of a list describes it. */
export interface DataSource {
  /** What it is called to people: no password in it. */
  readonly name: string;
  /** Alike for the same source of the same list, whatever its passwords and time limits are. */
  readonly key: string;
  /** Times of the day at which it is not asked. */
  readonly pauses: string | undefined;
  /** It names none who are not in this site already: that it names nobody is no sign of a fault. */
  readonly mayBeEmpty?: true;
  /**
   * Asks whom it names.
   *
   * @throws SourcesError, DirectoryError, FetchingError, ConfigError
   */
  read(bounds: ReadBounds): Promise<SourceAnswer>;
}

/** Makes the time that a reading may take of the source's own limit in seconds. */
export function limitOf({ limitMs }: ReadBounds, ownSeconds: number): number {
  // A limit of 0 means none in Sympa; the bound of the reading holds.
  return Math.max(1, ownSeconds > 0 ? Math.min(limitMs, ownSeconds * 1_000) : limitMs);
}
