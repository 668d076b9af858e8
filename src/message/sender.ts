import { canonicalAddress, type Group, type Mailbox, parseAddressList } from '../mime/address.ts';
import { findFields, type Header } from '../mime/header.ts';

/** Whom a message is taken to be from. */
export type Sender =
  /** `sole` is true for one From field with one mailbox: only such a sender can be authenticated. */
  | { readonly status: 'known'; readonly address: string; readonly sole: boolean }
  | { readonly status: 'none' };

/**
 * Takes the sender from the From field: the addr-spec of its first mailbox. A display name, Sender, Reply-To or any
 * other field gives nothing.
 *
 * @returns the canonical address
 */
export function identifySender(header: Header): Sender {
  const fields = findFields(header, 'from');
  const items = fields.flatMap((field) => parseAddressList(field.body).items);
  const first = items.flatMap(mailboxesOf).find((mailbox) => mailbox.address.includes('@'));
  if (!first) return { status: 'none' };
  const sole = fields.length === 1 && items.length === 1 && !isGroup(items[0]!);
  return { status: 'known', address: canonicalAddress(first.address), sole };
}

function mailboxesOf(item: Mailbox | Group): readonly Mailbox[] {
  return isGroup(item) ? item.mailboxes : [item];
}

function isGroup(item: Mailbox | Group): item is Group {
  return 'groupName' in item;
}
