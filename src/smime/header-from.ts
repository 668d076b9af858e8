import { canonicalAddress, type Group, type Mailbox, parseAddressList } from '../mime/address.ts';
import { findFields, type Header } from '../mime/header.ts';
import type { SignerReport } from './layer.ts';
import { type SenderCode, senderCodes } from './signature-verdict.ts';

/** The From field of the outer header, and whether it can be authenticated at all. */
export interface HeaderFrom {
  /** Every address in every From field, as it stands there. */
  readonly addresses: readonly string[];
  /** The one address that a signer may be held against, canonical; undefined where there is none, or not just one. */
  readonly sole: string | undefined;
}

/** Whether a signer is the one in the From field. */
export interface SenderVerdict {
  readonly matches: boolean;
  readonly code: SenderCode | null;
  readonly reason: string | null;
}

/**
 * Reads From: a display name, a comment, Sender or any other field gives nothing and takes nothing.
 *
 * @param header the outer header of the message
 */
export function readHeaderFrom(header: Header): HeaderFrom {
  const lists = findFields(header, 'From').map((field) => parseAddressList(field.body));
  const items = lists.flatMap((list) => list.items);
  const addresses = items.flatMap(mailboxesOf).map((mailbox) => mailbox.address);
  const [item] = items;
  const clear = lists.length === 1 && items.length === 1 && lists[0]!.defects.length === 0;
  const sole = clear && item !== undefined && !isGroup(item) ? canonicalAddress(item.address) : undefined;
  return { addresses, sole };
}

/**
 * Holds the signers of a layer against From. RFC 8550 §3, with From alone.
 *
 * @param signers of the layers that speak for the body, their addresses canonical; their status is not looked at here
 */
export function matchSender(from: HeaderFrom, signers: readonly SignerReport[]): SenderVerdict {
  if (from.sole === undefined)
    return mismatch(from.addresses.length === 0 ? 'from-missing' : 'from-ambiguous');
  const addresses = signers.flatMap((signer) => signer.addresses);
  if (addresses.length === 0) return mismatch('signer-has-no-address');
  if (addresses.includes(from.sole)) return { matches: true, code: null, reason: null };
  const reason = `The certificate of the signer names ${addresses.join(', ')}, and the message is from ${from.sole}.`;
  return { matches: false, code: 'signer-not-sender', reason };
}

/** Tells whether the certificate of one signer names the sole From address. */
export function isSender(from: HeaderFrom, signer: SignerReport): boolean {
  return from.sole !== undefined && signer.addresses.includes(from.sole);
}

function mismatch(code: SenderCode): SenderVerdict {
  return { matches: false, code, reason: senderCodes[code].meaning };
}

function mailboxesOf(item: Mailbox | Group): readonly Mailbox[] {
  return isGroup(item) ? item.mailboxes : [item];
}

function isGroup(item: Mailbox | Group): item is Group {
  return 'groupName' in item;
}
