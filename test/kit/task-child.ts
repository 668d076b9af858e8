/**
 * A node in a process of its own that looks once for due tasks, and dies by SIGKILL when it has committed so many
 * transactions: `node task-child.ts CONF MILLISECONDS COMMITS`. The time stands still.
 */
import { loadSite } from '../../src/config/site.ts';
import { Lists } from '../../src/lists/lists.ts';
import { ScenarioFiles } from '../../src/lists/scenario-files.ts';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/store.ts';
import { TaskRunner } from '../../src/tasks/task-runner.ts';
import { ListKeyring } from '../../src/trust/list-keys.ts';
import { SiteTrust } from '../../src/trust/site-trust.ts';
import { UserCertificates } from '../../src/trust/user-certificates.ts';

const [confFile = '', time = '', commits = ''] = process.argv.slice(2);
const clock = { now: () => Number(time) };
const log = silentLog;
let left = Number(commits);

const site = await loadSite(confFile);
const store = await openStore(site.conf.database, {
  clock,
  log,
  onCommit: async (at) => {
    if (at === 'after-commit' && --left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
const parts = {
  site,
  store,
  lists: new Lists(site, store),
  clock,
  log,
  keyring: new ListKeyring(() => undefined, log),
  scenarios: new ScenarioFiles(site, { clock, log }),
  certificates: new UserCertificates(clock, new SiteTrust(site, log)),
};
await new TaskRunner(parts, `process ${process.pid}`).runOnce();
await store.close();
