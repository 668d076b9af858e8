import { SsympaError } from '../errors.ts';
import type { List } from '../lists/list.ts';
import { hasDataSources } from '../sources/sources-of-list.ts';
import type { SyncParts } from './apply-sources.ts';
import { syncList } from './sync-list.ts';

/** A post waits no longer than this for all sources of its list together. */
const postWaitsMs = 20_000;

/**
 * Reads the data sources of a list before a post goes out, where its `distribution_ttl` asks for that and the last answer
 * is older. Whatever comes of it, the post goes out: to those whom the sources named before, where they do not answer.
 */
export async function freshenList(list: List, parts: SyncParts): Promise<void> {
  const { distribution_ttl: seconds } = list.config;
  if (seconds === undefined || !hasDataSources(list)) return;
  const lastMs = await parts.store.dataSources.lastTry(list.address);
  if (lastMs !== undefined && parts.clock.now() - lastMs < seconds * 1_000) return;
  try {
    await syncList(list, parts, { withinMs: postWaitsMs });
  } catch (error) {
    const code = error instanceof SsympaError ? error.code : 'bug';
    parts.log.warn('data sources not read before a distribution', { list: list.address, code });
  }
}
