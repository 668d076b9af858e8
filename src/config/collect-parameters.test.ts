import { expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { ConfigError } from './error.ts';
import { parseListConfig } from './list-config.ts';

it('looks for the nearest name of the first unknown names only, so that a file of another kind is refused quickly', () => {
  const text = 'custom_Header X-List: board\n'.repeat(5_000);
  const start = cpuNow();
  let problems: ConfigError['problems'] = [];
  try {
    parseListConfig(text, 'config');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems = error.problems;
  }
  expect(problems).toHaveLength(5_000);
  expect(problems.filter(({ hint }) => hint !== undefined)).toHaveLength(50);
  expect(cpuNow() - start).toBeLessThan(1_000);
});
