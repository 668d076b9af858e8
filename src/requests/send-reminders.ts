import type { Robot } from '../config/site.ts';
import type { DeliveryParts } from '../delivery/delivery-parts.ts';
import { enqueueServiceMail, type ServiceMail } from '../delivery/service-mail.ts';
import type { JobHandler } from '../store/job-runner.ts';
import type { Repositories } from '../store/store.ts';
import { optionWords, subscriptionsIn } from './subscriptions.ts';

/** Reminders that are to be sent: those of one list, or of all lists of a domain with one mail a person. */
export interface Reminders {
  /** Of the request that asks for them. */
  readonly id: string;
  readonly domain: string;
  /** Address of the list; empty for all. */
  readonly list: string;
  /** Addresses up to this one have theirs. */
  readonly after: string;
}

type Parts = Pick<DeliveryParts, 'store' | 'lists'>;

/** Some reminders, and the address to go on after. */
interface Page {
  readonly mails: readonly ServiceMail[];
  /** `undefined` at the end. */
  readonly next: string | undefined;
}

/** Few enough that nobody waits long for the end of one transaction. */
const pageSize = 200;
/** As long as a claim of the job runner. */
const leaseMs = 60_000;

/** Asks for reminders, in the transaction of the request. */
export async function enqueueReminders(tx: Pick<Repositories, 'jobs'>, reminders: Reminders): Promise<void> {
  const subject = `${reminders.id} ${reminders.after}`;
  await tx.jobs.enqueue({ role: 'delivery', kind: 'remind', subject, payload: { ...reminders } });
}

/**
 * Makes the handler that asks for one page of reminders after the other. A page, the job of the next one and the end of its
 * own job are one transaction, so that after a crash nobody is reminded twice, and nobody left out.
 */
export function remindHandler(parts: Parts): JobHandler {
  return async (job) => {
    const reminders = job.payload as unknown as Reminders;
    const { mails, next } = await (reminders.list === '' ? pageOfAll : pageOfList)(reminders, parts);
    await parts.store.transaction(async (tx) => {
      const { claimedBy } = job;
      // Whose claim ran out is late: another does this page, or has done it.
      if (claimedBy === null || !(await tx.jobs.renew(job.id, claimedBy, leaseMs))) return;
      for (const mail of mails) await enqueueServiceMail(tx, `remind ${reminders.id} ${mail.to[0]}`, mail);
      if (next !== undefined) await enqueueReminders(tx, { ...reminders, after: next });
      await tx.jobs.complete(job.id, claimedBy);
    });
    return { status: 'done' };
  };
}

async function pageOfList({ list: address, after }: Reminders, { store, lists }: Parts): Promise<Page> {
  const list = await lists.find(address);
  if (list?.status !== 'open') return { mails: [], next: undefined };
  const rows = await store.subscribers.list(address, { after, limit: pageSize });
  const mails = rows.map((row) =>
    reminderOf(row.address, list.address, [`${row.list}  ${optionWords(row)}`], list.robot),
  );
  return { mails, next: nextAfter(rows.map((row) => row.address)) };
}

async function pageOfAll({ domain, after }: Reminders, parts: Parts): Promise<Page> {
  const robot = parts.lists.robotOf(domain);
  const addresses = await parts.store.subscribers.addresses({ after, limit: pageSize });
  const mails: ServiceMail[] = [];
  for (const address of addresses) {
    const subscriptions = await subscriptionsIn({ parts, robot }, address);
    const lines = subscriptions
      .filter(({ list }) => list.status === 'open')
      .map(({ row }) => `${row.list}  ${optionWords(row)}`);
    if (lines.length > 0) mails.push(reminderOf(address, '', lines, robot));
  }
  return { mails, next: nextAfter(addresses) };
}

function nextAfter(addresses: readonly string[]): string | undefined {
  return addresses.length === pageSize ? addresses.at(-1) : undefined;
}

function reminderOf(
  address: string,
  list: string,
  subscriptions: readonly string[],
  { conf, domain }: Robot,
): ServiceMail {
  const variables = { address, subscriptions, commands: `${conf.email}@${domain}` };
  return { template: 'remind', list, domain, to: [address], variables };
}
