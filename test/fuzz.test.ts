import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const seconds = 45;

it('finds nothing in a short while of fuzzing over all parsers', { timeout: 600_000 }, () => {
  const main = resolve(import.meta.dirname, '../fuzz/main.ts');
  const run = spawnSync(process.execPath, [main, '--seconds', String(seconds)], { encoding: 'utf8' });
  // What was found stands in the output, and as a file that belongs into the repository.
  expect(`${run.stdout}${run.stderr}`).not.toMatch(/[1-9]\d* findings|Error/);
  expect(run.status).toBe(0);
});
