import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../src/clock.ts';
import { loadSite, type Site } from '../../src/config/site.ts';
import { Lists } from '../../src/lists/lists.ts';
import { silentLog } from '../../src/log.ts';
import { openStore, type Store } from '../../src/store/store.ts';

/** A site in a temporary folder, with its store, and nothing that runs. */
export interface FolderSite {
  readonly dir: string;
  readonly site: Site;
  readonly store: Store;
  readonly lists: Lists;
  /** Writes a file of the site; the path is relative to its folder. */
  write(path: string, text: string): void;
  dispose(): Promise<void>;
}

/** Makes a site of the domains `example.org` and `other.example`. */
export async function makeFolderSite(
  conf: readonly string[] = [],
  clock: Clock = systemClock,
): Promise<FolderSite> {
  const dir = mkdtempSync(join(tmpdir(), 'ssympa-folder-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  write('sympa.conf', ['domain example.org', 'listmaster root@example.org', ...conf, ''].join('\n'));
  write('etc/other.example/robot.conf', 'listmaster chief@other.example\n');
  const site = await loadSite(join(dir, 'sympa.conf'));
  const store = await openStore(site.conf.database, { clock, log: silentLog });
  return {
    dir,
    site,
    store,
    lists: new Lists(site, store),
    write,
    dispose: async () => {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
}
