import { parseMoment } from './argument-kinds.ts';
import { warnOfListCertificates } from './list-certificate-expiry.ts';
import { templateNamed } from './selections.ts';
import type { TaskRun } from './task-run.ts';
import { userWarningVariables, warnOfUserCertificates } from './user-certificate-expiry.ts';

/**
 * `chk_cert_expiration(template, date)`: certificates of persons that end before the date, those of lists by their own
 * stages.
 *
 * @throws TaskError `template-unknown`
 */
export async function checkCertificateExpiration(given: readonly string[], run: TaskRun): Promise<void> {
  const template = templateNamed(given[0]!, userWarningVariables);
  await warnOfUserCertificates(template, parseMoment(given[1]!, run.nowMs)!, run);
  await warnOfListCertificates(run);
}
