import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Site } from '../../config/site.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const check = 'openssl';
const waitMs = 10_000;
const run = promisify(execFile);

/** Checks that the OpenSSL program runs. The service itself needs none, so a missing one is told of and no more. */
export async function checkOpenssl({ conf }: Site): Promise<readonly Finding[]> {
  const program = conf.openssl ?? 'openssl';
  try {
    const { stdout } = await run(program, ['version'], { timeout: waitMs });
    return [fine(check, `${program}: ${stdout.trim().slice(0, 100)}`)];
  } catch {
    if (conf.openssl === undefined)
      return [warning(check, 'there is no openssl program; only outside checks use it')];
    return [
      problem(
        check,
        `${program} does not run`,
        'set openssl to the path of the program, or take the line out',
      ),
    ];
  }
}
