import { type DaemonStep, startDaemon } from '../../src/daemon.ts';
import { silentLog } from '../../src/log.ts';
import type { DeathPoint } from './dying-daemon.ts';

// A daemon that dies at one point of its work, as in a power cut: `node dying-daemon-child.ts CONF POINT`, the point in
// JSON. A transaction counts for every kind of job that is under way.
const [, , confFile, pointText] = process.argv;
const point = JSON.parse(pointText!) as DeathPoint;

const { at, job = '', turn = 1 } = point;
const underWay: string[] = [];
/** How often each step of such a job came. */
const steps = { claimed: 0, handled: 0 };

function isThere(step: DaemonStep): boolean {
  if (step.at !== at) return false;
  if (step.at === 'received') return true;
  if ('job' in step) return step.job === job && steps[step.at] === turn;
  return underWay.includes(job) && steps.claimed === turn;
}

const daemon = await startDaemon({
  confFile: confFile!,
  log: silentLog,
  roles: ['intake', 'pipeline', 'delivery'],
  onStep: async (step) => {
    if ('job' in step && step.job === job) steps[step.at]++;
    if (step.at === 'claimed') underWay.push(step.job);
    if (isThere(step)) process.kill(process.pid, 'SIGKILL');
    if (step.at === 'handled') underWay.splice(underWay.indexOf(step.job), 1);
  },
});
process.stdout.write(`${JSON.stringify(daemon.addresses)}\n`);
