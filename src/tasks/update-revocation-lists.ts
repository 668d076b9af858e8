import { parseMoment } from './argument-kinds.ts';
import { TaskError } from './error.ts';
import type { TaskRun } from './task-run.ts';

/**
 * `update_crl(file, date)`
 *
 * @throws TaskError `crl-fetch-missing`
 */
export async function updateRevocationLists(given: readonly string[], run: TaskRun): Promise<void> {
  const [file, until] = given;
  const { updateCrls } = run.parts;
  if (!updateCrls) throw new TaskError('crl-fetch-missing', 'nothing here fetches revocation lists');
  await updateCrls(file!, parseMoment(until!, run.nowMs)!);
}
