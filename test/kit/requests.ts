import type { ServiceMail } from '../../src/delivery/service-mail.ts';
import type { RequestCall } from '../../src/requests/call.ts';
import { planConfirmation } from '../../src/requests/confirm-request.ts';
import type { OperationName } from '../../src/requests/operations.ts';
import { planRequest } from '../../src/requests/plan-request.ts';
import type { RequestReport } from '../../src/requests/report.ts';
import type { Requester } from '../../src/requests/requester.ts';
import type { QuietSite } from './quiet-site.ts';

type Who = Partial<Requester> & Pick<Requester, 'sender'>;

/** Makes a requester of the main domain who writes a mail, whose From is all that is known unless told. */
function requesterOf({ parts }: QuietSite, who: Who): Requester {
  return { method: 'smtp', channel: 'mail', robot: parts.site.robots[0]!, messageId: '', ...who };
}

/** Plans a request and carries it out in a transaction of its own, as the pipeline does. */
export async function ask(
  site: QuietSite,
  name: OperationName,
  args: RequestCall['arguments'],
  who: Who,
): Promise<RequestReport> {
  const { perform } = await planRequest({ name, arguments: args }, requesterOf(site, who), site.parts);
  return site.store.transaction(perform);
}

/** Sends a key back. */
export async function sendBack(site: QuietSite, key: string, who: Who): Promise<RequestReport> {
  const { perform } = await planConfirmation({ key }, requesterOf(site, who), site.parts);
  return site.store.transaction(perform);
}

/** Gives the service mails that are on their way, of one template, in the order in which they were asked for. */
export async function mailsOf({ store }: QuietSite, template: string): Promise<readonly ServiceMail[]> {
  const jobs = (await store.jobs.list()).filter(({ kind }) => kind === 'service-mail');
  return jobs
    .map(({ payload }) => payload as unknown as ServiceMail)
    .filter((mail) => mail.template === template);
}

/** Gives the key in the newest mail of a template. */
export async function newestKey(site: QuietSite, template: string): Promise<string> {
  return String((await mailsOf(site, template)).at(-1)?.variables.key);
}
