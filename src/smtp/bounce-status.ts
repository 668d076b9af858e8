/** What a status says of a mailbox. */
export interface StatusClass {
  readonly isPermanent: boolean;
  /** False where the mail was refused for what it is or where it comes from: that speaks of the post, not of its reader. */
  readonly isOfRecipient: boolean;
  /** It names the address or the mailbox itself. */
  readonly isOfMailbox: boolean;
}

/** Subjects of a status: 1 is the address, 2 the mailbox, 6 the content of the mail, 7 a policy. RFC 3463 §3. */
const subjectsOfMailbox: ReadonlySet<string | undefined> = new Set(['1', '2']);
const subjectsOfMail: ReadonlySet<string | undefined> = new Set(['6', '7']);

/**
 * Details beside their subject: the address of the sender (RFC 3463 §3.2; Exchange says 1.20 of several authors and 1.90 of
 * a sender's daily limit), the length of the mail (§3.3, §3.4).
 */
const detailsOfMail: ReadonlySet<string> = new Set(['1.7', '1.8', '1.20', '1.90', '2.3', '3.4']);

/** "Other address status" (RFC 3463 §3.2): peers say it of the sender as well. */
const anyAddress = '1.0';

/**
 * Reads the class and the subject of an enhanced status code. RFC 3463 §2.
 *
 * @param status `5.1.1`
 * @returns `undefined` where it reports no failure
 */
export function classOfStatus(status: string): StatusClass | undefined {
  const [kind, subject, detail] = status.split('.');
  if (kind !== '4' && kind !== '5') return undefined;
  const about = `${subject}.${detail}`;
  const isOfRecipient = !subjectsOfMail.has(subject) && !detailsOfMail.has(about);
  const isOfMailbox = isOfRecipient && subjectsOfMailbox.has(subject) && about !== anyAddress;
  return { isPermanent: kind === '5', isOfRecipient, isOfMailbox };
}
