import type { Job } from '../store/jobs.ts';
import type { MessageState, StoredMessage } from '../store/messages.ts';
import type { Repositories } from '../store/store.ts';

/** Tells, within the transaction that writes a decision down, whether it is still to be made, and by this job. */
export type StillUndecided = (tx: Pick<Repositories, 'jobs' | 'messages'>) => Promise<boolean>;

/** As long as a claim of the job runner. */
const leaseMs = 60_000;

/** States of a message that a job may still decide on: put aside too, since somebody let the job go on. */
const undecided: ReadonlySet<MessageState> = new Set(['incoming', 'held', 'quarantined']);

/** Tells whether a message waits for its decision. */
export function isUndecided({ state }: Pick<StoredMessage, 'state'>): boolean {
  return undecided.has(state);
}

/**
 * A decision is made once: a job whose claim ran out may be done by two at a time. Renewing the claim locks the job
 * until the end of the transaction, so that the second finds the claim gone or the message decided.
 */
export function decideOnce(
  job: Pick<Job, 'id' | 'claimedBy'>,
  { id, list }: Pick<StoredMessage, 'id' | 'list'>,
): StillUndecided {
  return async (tx) => {
    if (job.claimedBy === null || !(await tx.jobs.renew(job.id, job.claimedBy, leaseMs))) return false;
    const now = await tx.messages.standing(id);
    // A list that was renamed meanwhile had this job run once more.
    return now !== undefined && undecided.has(now.state) && now.list === list;
  };
}
