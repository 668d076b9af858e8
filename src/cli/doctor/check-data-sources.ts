import type { Site } from '../../config/site.ts';
import { silentLog } from '../../log.ts';
import type { DataSourceState } from '../../store/data-sources.ts';
import { openStore } from '../../store/store.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, warning } from './finding.ts';

const check = 'data sources';

/** Tells of the data sources of lists that could not be read the last time. */
export async function checkDataSources({ conf }: Site, io: CliIo): Promise<readonly Finding[]> {
  const states = await statesOf(conf.database, io);
  if (!states || states.length === 0) return [];
  const failed = states.filter(({ failedAt }) => failedAt !== null);
  if (failed.length > 0) return failed.map(findingOf);
  const count = states.length === 1 ? '1 source, read' : `${states.length} sources, each read`;
  return [fine(check, `${count} in full the last time`)];
}

function findingOf({ list, name, failedAt, code, reason }: DataSourceState): Finding {
  const since = new Date(failedAt!).toISOString().slice(0, 16);
  const text = `${list}: ${name} cannot be read since ${since}Z: ${code} (${reason})`;
  return warning(check, text, `whom it named stays; put it right, then: ssympa list sync ${list}`);
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
  } catch {
    return undefined;
  }
}
