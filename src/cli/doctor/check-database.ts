import type { Site } from '../../config/site.ts';
import { silentLog } from '../../log.ts';
import { openStore } from '../../store/store.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, problemOf } from './finding.ts';

const check = 'database';

/** Checks that the database opens and answers. */
export async function checkDatabase({ conf }: Site, io: CliIo): Promise<readonly Finding[]> {
  const hint = 'see that the database of sympa.conf is there and that this user may use it';
  try {
    const store = await openStore(conf.database, { clock: io.clock, log: silentLog });
    try {
      await store.ping();
      const { engine, version } = await store.describe();
      const place = conf.database.startsWith('sqlite:') ? ` in ${conf.database.slice('sqlite:'.length)}` : '';
      return [fine(check, `${engine} ${version}${place}`)];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [problemOf(check, error, hint)];
  }
}
