import { findFields, type Header } from '../mime/header.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Why a message is taken to come from a machine, or from this list itself. */
export type AutomaticOrigin = 'auto-submitted' | 'bounce' | 'loop' | 'robot-sender';

/**
 * Tells whether a message was made by a machine, so that it is neither distributed nor answered (RFC 3834 §2).
 *
 * @param isRobot tells of a local part whether machines send under it (`loop_prevention_regex` of the site)
 */
export function automaticOrigin(
  message: ReceivedMessage,
  isRobot: ((localPart: string) => boolean) | undefined,
): AutomaticOrigin | undefined {
  const { header, contentType } = message.entity;
  const loops = findFields(header, 'x-loop').map((field) => field.body.trim().toLowerCase());
  if (loops.includes(message.recipient)) return 'loop';
  if (isAutoSubmitted(header)) return 'auto-submitted';
  const isReport =
    contentType.type === 'multipart/report' ||
    contentType.parameters.get('report-type') === 'delivery-status';
  if (message.envelopeSender === '' && isReport) return 'bounce';
  if (message.sender.status === 'known' && isRobot?.(message.sender.address.split('@')[0]!))
    return 'robot-sender';
  return undefined;
}

/** Tells whether its sender may be written to: never the null sender, nor a machine, nor a list (RFC 3834 §2). */
export function mayBeAnswered({ envelopeSender, entity: { header } }: ReceivedMessage): boolean {
  if (envelopeSender === '' || isAutoSubmitted(header)) return false;
  return !findFields(header, 'precedence').some((field) => bulkMail.has(field.body.trim().toLowerCase()));
}

const bulkMail: ReadonlySet<string> = new Set(['bulk', 'junk', 'list']);

/** RFC 3834 §5: any value but "no", which parameters or a comment may follow, is an automatic message. */
function isAutoSubmitted(header: Header): boolean {
  return findFields(header, 'auto-submitted').some((field) => !/^no\s*(?:[;(]|$)/i.test(field.body.trim()));
}
