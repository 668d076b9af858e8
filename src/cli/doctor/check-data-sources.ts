import type { Site } from '../../config/site.ts';
import { SsympaError } from '../../errors.ts';
import { Lists } from '../../lists/lists.ts';
import { silentLog } from '../../log.ts';
import type { DataSourceState } from '../../store/data-sources.ts';
import { openStore } from '../../store/store.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, warning } from './finding.ts';

const check = 'data sources';

/** Tells of the data sources of lists that could not be read the last time. */
export async function checkDataSources(site: Site, io: CliIo): Promise<readonly Finding[]> {
  const all = await statesOf(site.conf.database, io);
  if (!all || all.length === 0) return [];
  // Of one that is closed or gone nothing is read, so that nothing can be put right.
  const open = (await new Lists(site).all()).filter(({ status }) => status === 'open');
  const addresses = new Set(open.map(({ address }) => address));
  const states = all.filter(({ list }) => addresses.has(list));
  const found = states.flatMap(findingsOf);
  if (found.length > 0 || states.length === 0) return found;
  const count = states.length === 1 ? '1 source, read' : `${states.length} sources, each read`;
  return [fine(check, `${count} in full the last time`)];
}

function findingsOf({ list, name, readAt, failedAt, code, reason }: DataSourceState): readonly Finding[] {
  if (failedAt !== null) {
    const since = new Date(failedAt).toISOString().slice(0, 16);
    const text = `${list}: ${name} cannot be read since ${since}Z: ${code} (${reason})`;
    return [warning(check, text, `whom it named stays; put it right, then: ssympa list sync ${list}`)];
  }
  if (readAt !== null) return [];
  // It took longer than a distribution waits.
  return [warning(check, `${list}: ${name} was never read in full`, `read it: ssympa list sync ${list}`)];
}

/** Another check tells of a database that does not open. */
async function statesOf(database: string, io: CliIo): Promise<readonly DataSourceState[] | undefined> {
  try {
    const store = await openStore(database, { clock: io.clock, log: silentLog });
    try {
      return await store.dataSources.all();
    } finally {
      await store.close();
    }
  } catch (error) {
    // Another check tells of a database that does not open.
    if (error instanceof SsympaError) return undefined;
    throw error;
  }
}
