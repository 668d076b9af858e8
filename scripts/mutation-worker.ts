import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';
import type { TestRequest } from './mutation-tests.ts';

/** One thread that loads each module once: what is endless ends with this process. */
const vitest = await createVitest('test', {
  watch: false,
  pool: 'threads',
  isolate: false,
  maxWorkers: 1,
  bail: 1,
  reporters: [{}],
});

async function passes({ file, tests }: TestRequest): Promise<boolean> {
  const changed = resolve(file);
  vitest.state.filesMap.clear();
  vitest.invalidateFile(changed);
  const specifications = await vitest.globTestSpecifications([...tests]);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  vitest.invalidateFile(changed);
  const isComplete = specifications.length > 0 && testModules.length === specifications.length;
  return isComplete && unhandledErrors.length === 0 && testModules.every((module) => module.ok());
}

process.on('message', (request: TestRequest) => {
  passes(request).then(
    (passed) => process.send!(passed),
    () => process.exit(1),
  );
});
process.on('disconnect', () => process.exit());
