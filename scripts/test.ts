import { spawnSync } from 'node:child_process';

// Everything after `npm test --` goes to vitest; the exit code is vitest's.
const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url).pathname;
const run = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = run.status ?? 1;
