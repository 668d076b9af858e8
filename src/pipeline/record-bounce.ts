import { type ProvenReturn, provenReturn } from '../lists/recipients.ts';
import { classOfStatus } from '../smtp/bounce-status.ts';
import { type DeliveryReport, parseDeliveryReport, type ReportedRecipient } from '../smtp/delivery-report.ts';
import { parseFeedbackReport } from '../smtp/feedback-report.ts';
import { informalFailure } from '../smtp/informal-report.ts';
import { complaintOf } from './complaint.ts';
import { type OpenedPost, type PipelineParts, type StepResult, settled } from './post.ts';
import type { BouncedCopy, Returned } from './returned-mail.ts';
import { sentPost, wentOutUnmarked } from './sent-copies.ts';

/**
 * Ends the way of what comes to a return address: bounces are counted for the subscriber, complaints told to the owners,
 * everything else only noted. Nobody is answered.
 */
export async function recordBounce(post: OpenedPost, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  const returned = await readReturned(post, parts);
  const { bounces, complaint } = returned;
  const about = { message: post.message.id, list: post.list?.address ?? null };
  const statuses = bounces.map(({ status }) => status).join(' ');
  parts.log.info('mail came back', { ...about, counts: statuses, complaint: complaint?.type ?? null });
  return settled({ status: 'record', returned });
}

async function readReturned(post: OpenedPost, parts: PipelineParts): Promise<Returned> {
  const { entity, recipient, sender, envelopeSender } = post.message;
  const proven = await provenReturn(parts.lists, recipient, parts.verpKey);
  const feedback = parseFeedbackReport(entity);
  if (feedback) {
    const complaint = await complaintOf(feedback, { ...post, proven }, parts);
    return { bounces: [], complaint, isReport: true };
  }
  const report = parseDeliveryReport(entity);
  if (report) return bounced(await copiesOf(report, { ...post, proven }, parts), true);
  const isNull = envelopeSender === '';
  const from = sender.status === 'known' ? sender.address : undefined;
  // The text names nobody for sure, the return address does.
  const address = isNull ? proven?.verp.address : undefined;
  const status = address === undefined ? undefined : informalFailure(entity, from);
  if (address === undefined || status === undefined) return bounced([], isNull);
  return bounced([{ address, status, postId: null }], true);
}

/** A refusal of the mail itself is no fault of its recipient. */
function bounced(copies: readonly BouncedCopy[], isReport: boolean): Returned {
  const bounces = copies.filter(({ status }) => classOfStatus(status)?.isOfRecipient);
  return { bounces, complaint: null, isReport };
}

/** Where a report came to. */
type Place = Pick<OpenedPost, 'list'> & { readonly proven: ProvenReturn | undefined };

/**
 * Gives the copies that a report says did not arrive. A return address of ours proves whose copy it was; without one the
 * report must be about a post that the list sent, lately, to the address that it names.
 */
async function copiesOf(
  report: DeliveryReport,
  { list, proven }: Place,
  parts: PipelineParts,
): Promise<readonly BouncedCopy[]> {
  const failures = report.recipients.filter(({ action }) => action === 'failed');
  if (!list || failures.length === 0) return [];
  const post = await sentPost(list, report.returned, parts);
  if (post && !post.isRecent) return [];
  if (proven) {
    const { address } = proven.verp;
    if (address === undefined) return [];
    const failure = failures.find(({ addresses }) => addresses.includes(address)) ?? failures[0]!;
    return [{ address, status: failure.status, postId: post?.postId ?? null }];
  }
  if (!post) return [];
  const copies: BouncedCopy[] = [];
  for (const failure of failures) {
    const address = await firstUnmarked(failure, (one) => wentOutUnmarked(post, one, parts));
    if (address !== undefined) copies.push({ address, status: failure.status, postId: post.postId });
  }
  return copies;
}

/** The address that was written to stands before the one that it was forwarded to. */
async function firstUnmarked(
  { addresses }: ReportedRecipient,
  isUnmarked: (address: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const address of addresses) if (await isUnmarked(address)) return address;
  return undefined;
}
