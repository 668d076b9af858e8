import { SsympaError } from '../errors.ts';
import type { List } from '../lists/list.ts';
import { newId } from '../secrets.ts';
import type { ReadBounds } from '../sources/data-source.ts';
import { SourcesError } from '../sources/error.ts';
import { isQuiet } from '../sources/quiet-hours.ts';
import { type ListDataSource, sourcesOf } from '../sources/sources-of-list.ts';
import { withLock } from '../store/with-lock.ts';
import { applySources, type ReadSource, type SyncParts, type SyncReport } from './apply-sources.ts';
import { syncLock } from './sync-lock.ts';

/** How it is done. */
export interface SyncOptions {
  /** Somebody waits for it no longer than this, in ms: sources that take longer are left for the next time. */
  readonly withinMs?: number;
  /** Ends it before anything is written. */
  readonly signal?: AbortSignal;
}

const readAtOnce = 4;
/** Longer than any source waits for by itself. */
const usualLimitMs = 30 * 60_000;
/** So that a source says itself what it waited for. */
const graceMs = 500;
const leaseMs = 60_000;

/**
 * Reads the data sources of a list, and makes its subscribers, owners and editors those whom they name, beside those who
 * are so by themselves. A source that cannot be read keeps those whom it named, and no other source waits for it; the
 * listmasters are told at first and then once a day.
 *
 * @throws SourcesError `sync-busy`, `sync-unusable-list`; the reason of the signal
 */
export async function syncList(
  list: List,
  parts: SyncParts,
  { withinMs, signal }: SyncOptions = {},
): Promise<SyncReport> {
  const { store, clock, log } = parts;
  const lock = { name: syncLock(list.address), holder: `sync ${newId(clock.now())}`, leaseMs };
  let report: SyncReport | undefined;
  const isOurs = await withLock({ store, log }, lock, async () => {
    // Whatever changes the list from here on takes the lock away.
    const now = await openList(list, parts);
    const bounds = { limitMs: withinMs ?? usualLimitMs, signal };
    const read = await readAll(now, parts, bounds, withinMs !== undefined);
    signal?.throwIfAborted();
    report = await store.transaction(async (tx) => {
      // Whoever was held up for so long that the lock is another's writes nothing, nor is a list written that was renamed.
      if (!(await tx.locks.renew(lock.name, lock.holder, leaseMs))) return undefined;
      return applySources(tx, now, read, parts);
    });
  });
  if (!isOurs || !report)
    throw new SourcesError(
      'sync-busy',
      `another process reads the data sources of ${list.address}, or changed the list meanwhile`,
    );
  tell(report, parts);
  return report;
}

async function openList({ address }: List, { lists }: SyncParts): Promise<List> {
  const list = await lists.find(address);
  // A `config` that cannot be read names no sources, which must not mean that nobody is included.
  if (list?.status === 'open') return list;
  throw new SourcesError('sync-unusable-list', `the list ${address} is ${list?.status ?? 'gone'}`);
}

async function readAll(
  list: List,
  parts: SyncParts,
  bounds: ReadBounds,
  isHurried: boolean,
): Promise<readonly ReadSource[]> {
  const waiting = [...(await sourcesOf(list, parts))];
  const read: ReadSource[] = [];
  const begunMs = performance.now();
  // Whoever waits does so for all of them together, and each source for as long as is left.
  const left = () => (isHurried ? bounds.limitMs - (performance.now() - begunMs) : bounds.limitMs);
  const lane = async () => {
    for (let source = waiting.shift(); source && !bounds.signal?.aborted; source = waiting.shift()) {
      const limitMs = Math.round(left());
      const isLate = limitMs <= 0;
      read.push(
        isLate ? { source, status: 'late' } : await readOne(source, { ...bounds, limitMs }, parts, isHurried),
      );
    }
  };
  await Promise.all(Array.from({ length: readAtOnce }, lane));
  return read.toSorted((a, b) => (a.source.key < b.source.key ? -1 : 1));
}

/** Timeouts, of every folder that reads. */
const late: ReadonlySet<string> = new Set(['source-timeout', 'directory-timeout', 'fetch-timeout']);

async function readOne(
  source: ListDataSource,
  bounds: ReadBounds,
  { clock, log }: SyncParts,
  isHurried: boolean,
): Promise<ReadSource> {
  try {
    if (isQuiet(source.pauses, clock.now())) return { source, status: 'paused' };
    const answer = await inTime(source.read(bounds), bounds);
    return { source, status: 'read', ...answer };
  } catch (error) {
    if (!(error instanceof SsympaError)) {
      // What it says may quote anything.
      log.error('data source failed by a bug', { source: source.name, error: nameOf(error) });
      return { source, status: 'failed', code: 'bug', reason: nameOf(error) };
    }
    if (isHurried && late.has(error.code)) return { source, status: 'late' };
    const place = error.place ? `${error.place.file}:${error.place.line}: ` : '';
    return { source, status: 'failed', code: error.code, reason: `${place}${error.message}`.slice(0, 500) };
  }
}

/** Each source keeps its time by itself; what hangs in the system, as a file on a server that is gone, does not. */
async function inTime<T>(reading: Promise<T>, { limitMs }: ReadBounds): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => over.reject(new SourcesError('source-timeout', 'it does not answer in time')),
    limitMs + graceMs,
  );
  try {
    return await Promise.race([reading, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function tell({ list, added, removed, sources }: SyncReport, { log }: SyncParts): void {
  for (const { name, role, status, code, reason } of sources)
    if (status === 'failed') log.warn('data source failed', { list, source: name, role, code, reason });
    else if (status === 'late')
      log.warn('data source too slow for a distribution', { list, source: name, role });
  log.info('data sources read', { list, sources: sources.length, added, removed });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
