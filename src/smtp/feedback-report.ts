import { canonicalAddress, parseAddress } from '../mime/address.ts';
import type { Entity } from '../mime/entity.ts';
import type { Header } from '../mime/header.ts';
import { fieldGroups, returnedHeader } from './report-parts.ts';

/** What a reader's mail system says about a message that its reader complained of. RFC 5965. */
export interface FeedbackReport {
  /** `abuse`, `fraud`, `not-spam`, `virus`, `other` …, in lower case; at most 40 characters. RFC 5965 §3.1. */
  readonly type: string;
  /** Envelope sender of the message, where the report tells. RFC 5965 §3.2. */
  readonly originalMailFrom: string | undefined;
  /** Canonical envelope recipient, where the report tells. RFC 5965 §3.2. */
  readonly originalRecipient: string | undefined;
  readonly returned: Header | undefined;
}

/**
 * Reads a feedback report. RFC 5965 §2.
 *
 * @returns `undefined` for every other message
 */
export function parseFeedbackReport(message: Entity): FeedbackReport | undefined {
  if (message.contentType.type !== 'multipart/report') return undefined;
  const part = message.children.find(({ contentType }) => contentType.type === 'message/feedback-report');
  const fields = part && fieldGroups(part)[0];
  const type = /^[a-z0-9-]{1,40}/.exec(fields?.get('feedback-type')?.toLowerCase() ?? '')?.[0];
  if (!fields || type === undefined) return undefined;
  return {
    type,
    originalMailFrom: addressIn(fields.get('original-mail-from')),
    originalRecipient: addressIn(fields.get('original-rcpt-to')),
    returned: returnedHeader(message),
  };
}

function addressIn(value: string | undefined): string | undefined {
  const address = parseAddress((value ?? '').trim().replace(/^<(.*)>$/, '$1'));
  return address === undefined ? undefined : canonicalAddress(address);
}
