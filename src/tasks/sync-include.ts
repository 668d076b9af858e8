import { syncList } from '../requests/sync-list.ts';
import { SourcesError } from '../sources/error.ts';
import { listOfRun, type TaskRun } from './task-run.ts';

/** `sync_include()`: another process that does it at this moment does it for both. */
export async function syncInclude(_given: readonly string[], run: TaskRun): Promise<void> {
  const list = listOfRun(run);
  try {
    await syncList(list, run.parts, { signal: run.signal });
  } catch (error) {
    if (!(error instanceof SourcesError && error.code === 'sync-busy')) throw error;
    run.parts.log.info('data sources are read elsewhere', { list: list.address });
  }
}
