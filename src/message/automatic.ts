import { findField, findFields } from '../mime/header.ts';
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
  const submitted = findField(header, 'auto-submitted')?.body.trim().toLowerCase();
  // RFC 3834 §5: any value but "no" is an automatic message.
  if (submitted !== undefined && !/^no\b/.test(submitted)) return 'auto-submitted';
  const isReport =
    contentType.type === 'multipart/report' ||
    contentType.parameters.get('report-type') === 'delivery-status';
  if (message.envelopeSender === '' && isReport) return 'bounce';
  if (message.sender.status === 'known' && isRobot?.(message.sender.address.split('@')[0]!))
    return 'robot-sender';
  return undefined;
}
