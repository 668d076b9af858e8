import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import type { StillUndecided } from './decide-once.ts';
import type { Disposition } from './disposition.ts';
import type { PipelineParts, Post } from './post.ts';
import type { Complaint } from './returned-mail.ts';
import { writeDecision } from './settle.ts';

const dayMs = 86_400_000;

/** Anybody can send complaints: the owners of a list hear of so many a day, and of each subscriber once. */
const complaintsADay = 10;

/**
 * Writes down what came to a return address, all in one transaction. Of a report nothing is kept but whose copy it was, and
 * the status: what it gives back may be more than anybody meant to store.
 */
export async function settleRecord(
  post: Post,
  disposition: Extract<Disposition, { readonly status: 'record' }>,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  const { bounces, complaint, isReport } = disposition.returned;
  const { id: messageId, receivedAtMs: receivedAt } = post.message;
  const list = post.list?.address ?? '';
  await parts.store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    await writeDecision(tx, post, disposition);
    const counted = await tx.bounces.countAll(
      bounces.map((bounce) => ({ ...bounce, list, messageId, receivedAt })),
    );
    if (counted === 0)
      await tx.bounces.insert({ id: newId(parts.clock.now()), list, address: null, messageId, receivedAt });
    if (complaint) await tellOwners(tx, complaint, parts);
    if (isReport) await tx.messages.dropRaw(messageId);
  });
}

async function tellOwners(
  tx: Repositories,
  { list, type, address }: Complaint,
  { clock }: Pick<PipelineParts, 'clock'>,
): Promise<void> {
  const aDay = (subject: string, max: number) => tx.rates.allow(subject, { max, periodMs: dayMs, decay: 0 });
  if (!(await aDay(`complaint-of ${list} ${address ?? ''}`, 1))) return;
  if (!(await aDay(`complaints ${list}`, complaintsADay))) return;
  await enqueueServiceMail(tx, `complaint ${newId(clock.now())}`, {
    template: 'complaint-owner',
    list,
    to: 'owners',
    variables: { type, address },
  });
}
