import { startDaemon } from '../../src/daemon.ts';
import { silentLog } from '../../src/log.ts';

// A daemon that stops for good where it matters: `node daemon-child.ts CONF`. Between the commit of a message and the
// reply to its peer it says so on standard output, and waits to be killed.
const [, , confFile] = process.argv;

const daemon = await startDaemon({
  confFile: confFile!,
  log: silentLog,
  roles: ['intake'],
  onStep: async ({ at }) => {
    if (at !== 'received') return;
    process.stdout.write('committed\n');
    await new Promise(() => undefined);
  },
});
process.stdout.write(`${JSON.stringify(daemon.addresses)}\n`);
