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

/** Details beside their subject: the address of the sender (RFC 3463 §3.2), the length of the mail (§3.3, §3.4). */
const detailsOfMail: ReadonlySet<string> = new Set(['1.7', '1.8', '2.3', '3.4']);

/**
 * Reads the class and the subject of an enhanced status code. RFC 3463 §2.
 *
 * @param status `5.1.1`
 * @returns `undefined` where it reports no failure
 */
export function classOfStatus(status: string): StatusClass | undefined {
  const [kind, subject, detail] = status.split('.');
  if (kind !== '4' && kind !== '5') return undefined;
  const isOfRecipient = !subjectsOfMail.has(subject) && !detailsOfMail.has(`${subject}.${detail}`);
  const isOfMailbox = isOfRecipient && subjectsOfMailbox.has(subject);
  return { isPermanent: kind === '5', isOfRecipient, isOfMailbox };
}
