import type { Site } from '../config/site.ts';
import { addressSubject, type RateLimit } from '../store/rates.ts';
import type { Repositories } from '../store/store.ts';
import type { RequestParts } from './operation.ts';
import type { RequestReport } from './report.ts';
import type { Requester } from './requester.ts';

type Parts = Pick<RequestParts, 'site' | 'log'>;

/** Parameters that limit how often something happens within `flood_period`. */
type LimitName =
  | 'request_mail_max'
  | 'request_mail_domain_max'
  | 'request_sender_max'
  | 'answer_mail_max'
  | 'answer_mail_domain_max';

/**
 * Tells whether an address may be written to because somebody, who need not be that address, asked for something. Both
 * limits count, so that neither a person nor a domain can be flooded by way of us. RFC 3834 §2 asks for such a limit.
 */
export async function mayMail(tx: Repositories, address: string, parts: Parts): Promise<boolean> {
  // The domain is not counted for what one address alone is refused: a flood of one shuts out no others.
  const fits = await isWithin(tx, 'request_mail_max', addressSubject('mail', address), parts);
  return fits && (await isWithin(tx, 'request_mail_domain_max', `mail-domain ${domainOf(address)}`, parts));
}

/** Tells whether the owners of a list may be asked about one more request. */
export async function mayAskOwners(tx: Repositories, list: string, parts: Parts): Promise<boolean> {
  return isWithin(tx, 'request_mail_domain_max', `mail-owners ${list}`, parts);
}

/** Tells whether the sender of a post, who need not have sent it, may get one more answer to it. */
export async function mayAnswer(tx: Repositories, address: string, parts: Parts): Promise<boolean> {
  const fits = await isWithin(tx, 'answer_mail_max', addressSubject('answer', address), parts);
  return fits && (await mayAnswerDomain(tx, address, parts));
}

/** Tells whether a requester may ask for one more thing: a sender whom nothing but the From field names is counted. */
export async function mayRequest(tx: Repositories, requester: Requester, parts: Parts): Promise<boolean> {
  const { sender, method, channel, confirmedBy, approvedBy } = requester;
  if (method !== 'smtp' || channel === 'command-line' || channel === 'task') return true;
  if (confirmedBy !== undefined || approvedBy !== undefined) return true;
  return isWithin(tx, 'request_sender_max', addressSubject('request', sender), parts);
}

/** A report that is to go to whoever wrote commands. */
export interface ReportToSend {
  readonly to: string;
  readonly reports: readonly RequestReport[];
  /** Something proved that `to` wrote them. */
  readonly isProved: boolean;
}

/**
 * Tells whether an address may get one more report on its commands: `loop_command_max` and what goes with it for all of
 * them. What nothing proves counts as an answer that anybody can have us send when nothing was carried out, and the word
 * that a limit is reached is said once a period.
 */
export async function mayReport(tx: Repositories, toSend: ReportToSend, parts: Parts): Promise<boolean> {
  const { to, reports, isProved } = toSend;
  const { conf } = parts.site;
  if (reports.every(({ code }) => code === 'too-many-requests'))
    if (!(await tx.rates.allow(addressSubject('limit-told', to), ofPeriod(conf, 1)))) return false;
  if (!isProved && reports.every(isIdle))
    if (!(await isWithin(tx, 'answer_mail_max', addressSubject('idle', to), parts))) return false;
  const subject = addressSubject('report', to);
  const standing = await tx.rates.count(subject, {
    max: conf.loop_command_max,
    periodMs: conf.loop_command_sampling_delay * 1_000,
    decay: conf.loop_command_decrease_factor,
  });
  if (standing === 'just-over') tell('loop_command_max', subject, parts);
  return standing === 'within' && (await mayAnswerDomain(tx, to, parts));
}

function isIdle({ status, code }: RequestReport): boolean {
  return status === 'refused' || code === 'help';
}

function mayAnswerDomain(tx: Repositories, address: string, parts: Parts): Promise<boolean> {
  return isWithin(tx, 'answer_mail_domain_max', `answer-domain ${domainOf(address)}`, parts);
}

/** The log says once a period that a limit is reached. */
async function isWithin(tx: Repositories, name: LimitName, subject: string, parts: Parts): Promise<boolean> {
  const max = limitOf(name, parts.site.conf);
  if (max === 0) return true;
  const standing = await tx.rates.count(subject, ofPeriod(parts.site.conf, max));
  if (standing === 'just-over') tell(name, subject, parts);
  return standing === 'within';
}

function limitOf(name: LimitName, conf: Site['conf']): number {
  const limits: Readonly<Record<LimitName, number>> = {
    request_mail_max: conf.request_mail_max,
    request_mail_domain_max: conf.request_mail_domain_max,
    request_sender_max: conf.request_sender_max,
    answer_mail_max: conf.answer_mail_max,
    answer_mail_domain_max: conf.answer_mail_domain_max,
  };
  return limits[name];
}

function ofPeriod(conf: Site['conf'], max: number): RateLimit {
  return { max, periodMs: conf.flood_period * 1_000, decay: 0 };
}

function tell(limit: string, counted: string, { log }: Parts): void {
  log.warn('limit reached', { limit, counted });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
