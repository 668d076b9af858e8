import type { Entity } from '../mime/entity.ts';
import { findField, findFields } from '../mime/header.ts';
import { statusIn } from './delivery-report.ts';
import { textOf } from './report-parts.ts';

/** Characters of the text that are looked at: what happened stands before the message that comes back. */
const maxTextLength = 8_000;

/** Who writes such reports: the mail system itself. */
const systems = /^(?:mailer-daemon|mail-daemon|postmaster)@/;

/** The title of a warning that mail is late. */
const ofDelay = /\b(?:warning|delay|delayed|still being retried|not yet been delivered)\b/i;

/** A final refusal in an SMTP dialogue that is quoted: `550 no such user`, `said: 552-...`. */
const refusal = /(?:^|[\s:"'<(#])(55[0-4])[ -]/m;

/**
 * Reads a report that an old mail system wrote for people (qmail, Exim before 4.89, appliances), carefully: it must come
 * from the mail system itself, must be no warning, and must name a final failure. It says nothing of whom it is about.
 *
 * @param message one with the null sender
 * @param from address in From, canonical
 * @returns the status, `5.0.0` where none is named; `undefined` where it is no such report
 */
export function informalFailure(message: Entity, from: string | undefined): string | undefined {
  const { header } = message;
  if (from === undefined || !systems.test(from)) return undefined;
  if (ofDelay.test(findField(header, 'subject')?.body ?? '')) return undefined;
  const text = firstText(message)?.slice(0, maxTextLength) ?? '';
  if (ofDelay.test(text.slice(0, 500))) return undefined;
  const status = statusIn(text);
  if (status !== undefined) return status.startsWith('5.') ? status : undefined;
  const isNamed = refusal.test(text) || findFields(header, 'x-failed-recipients').length > 0;
  return isNamed ? '5.0.0' : undefined;
}

/** The first part, where that is text. */
function firstText(message: Entity): string | undefined {
  let part: Entity | undefined = message;
  while (part?.contentType.type.startsWith('multipart/') && part.children.length > 0) part = part.children[0];
  return part?.contentType.type === 'text/plain' ? textOf(part) : undefined;
}
