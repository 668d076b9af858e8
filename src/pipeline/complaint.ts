import type { List } from '../lists/list.ts';
import { type ProvenReturn, provenReturn } from '../lists/recipients.ts';
import { findField, type Header } from '../mime/header.ts';
import type { FeedbackReport } from '../smtp/feedback-report.ts';
import type { PipelineParts } from './post.ts';
import type { Complaint } from './returned-mail.ts';
import { sentPost } from './sent-copies.ts';

/** Where a complaint came to. */
interface Place {
  /** `undefined` for addresses of the site. */
  readonly list: List | undefined;
  readonly proven: ProvenReturn | undefined;
}

/**
 * Tells which list a complaint is about, and whose copy it was. It must be about a post that the list sent, or name a return
 * address of ours: anybody can send such a report. RFC 5965 §8.1.
 */
export async function complaintOf(
  report: FeedbackReport,
  place: Place,
  parts: PipelineParts,
): Promise<Complaint | null> {
  const { type, originalMailFrom, originalRecipient, returned } = report;
  const proven =
    place.proven ??
    (originalMailFrom === undefined
      ? undefined
      : await provenReturn(parts.lists, originalMailFrom, parts.verpKey));
  const list = place.list ?? proven?.list ?? (await listNamedIn(returned, parts));
  if (!list) return null;
  if (!proven && !(await sentPost(list, returned, parts))) return null;
  const address = proven?.verp.address ?? originalRecipient;
  const isOurs = address !== undefined && (await parts.store.subscribers.isSubscriber(list.address, address));
  return { list: list.address, type, address: isOurs ? address : null };
}

/** RFC 2919 §2: `<name.domain>`. */
async function listNamedIn(header: Header | undefined, { lists }: PipelineParts): Promise<List | undefined> {
  const field = header && findField(header, 'list-id')?.body;
  const identity = /<([^<>\s]{1,320})>\s*$/.exec(field ?? '')?.[1]?.toLowerCase();
  if (identity === undefined) return undefined;
  for (const { domain } of lists.site.robots)
    if (identity.endsWith(`.${domain}`))
      return lists.find(`${identity.slice(0, -domain.length - 1)}@${domain}`);
  return undefined;
}
