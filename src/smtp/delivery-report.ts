import { canonicalAddress, parseAddress } from '../mime/address.ts';
import type { Entity } from '../mime/entity.ts';
import type { Header } from '../mime/header.ts';
import { fieldGroups, type ReportFields, returnedHeader } from './report-parts.ts';

/** What a mail system did with the mail to one recipient. RFC 3464 §2.3.3. */
export type ReportedAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

/** What a delivery report says of one recipient. */
export interface ReportedRecipient {
  /** Canonical, the address that the mail was sent to first; without those that are no mail addresses. */
  readonly addresses: readonly string[];
  readonly action: ReportedAction;
  /** RFC 3463 §2: `5.1.1`. */
  readonly status: string;
}

/** A delivery report. */
export interface DeliveryReport {
  readonly recipients: readonly ReportedRecipient[];
  /** Header of the mail that it is about, where it came back. */
  readonly returned: Header | undefined;
}

const statusTypes: ReadonlySet<string> = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
]);

const actions: ReadonlySet<string> = new Set<ReportedAction>([
  'failed',
  'delayed',
  'delivered',
  'relayed',
  'expanded',
]);

/**
 * Reads a delivery report: a multipart/report with a part about the delivery. RFC 3464 §2, with the addresses and parts of
 * RFC 6533. Nothing of the text for people is looked at.
 *
 * @returns `undefined` for every other message
 */
export function parseDeliveryReport(message: Entity): DeliveryReport | undefined {
  if (message.contentType.type !== 'multipart/report') return undefined;
  const part = message.children.find(({ contentType }) => statusTypes.has(contentType.type));
  if (!part) return undefined;
  const recipients = fieldGroups(part).flatMap(recipientOf);
  return { recipients, returned: returnedHeader(message) };
}

/** A group that names no recipient is about the message, or says nothing. RFC 3464 §2.2. */
function recipientOf(fields: ReportFields): readonly ReportedRecipient[] {
  const named = [fields.get('original-recipient'), fields.get('final-recipient')];
  const action = /^[a-z]+/.exec(fields.get('action')?.toLowerCase() ?? '')?.[0];
  if (named.every((value) => value === undefined) || action === undefined || !actions.has(action)) return [];
  const addresses = named.flatMap((value) => (value === undefined ? [] : reportedAddress(value)));
  const status = statusIn(fields.get('status') ?? '') ?? statusIn(fields.get('diagnostic-code') ?? '');
  const whereUnknown = action === 'failed' ? '5.0.0' : '4.0.0';
  return [
    {
      addresses: [...new Set(addresses)],
      action: action as ReportedAction,
      status: status ?? whereUnknown,
    },
  ];
}

/** `rfc822; user@example.org`, and `utf-8;` of RFC 6533 §3. Some systems leave the type out. */
function reportedAddress(value: string): readonly string[] {
  const semicolon = value.indexOf(';');
  const type = semicolon < 0 ? 'rfc822' : value.slice(0, semicolon).trim().toLowerCase();
  if (type !== 'rfc822' && type !== 'utf-8') return [];
  const text = value
    .slice(semicolon + 1)
    .trim()
    .replace(/^<(.*)>$/, '$1');
  const address = parseAddress(type === 'utf-8' ? decodeUtf8Address(text) : text);
  return address === undefined ? [] : [canonicalAddress(address)];
}

/** RFC 6533 §3: `\x{E9}` stands for a character where the report itself had to be ASCII. */
function decodeUtf8Address(text: string): string {
  return text.replace(/\\x\{([0-9a-f]{2,6})\}/gi, (whole, digits: string) => {
    const point = Number.parseInt(digits, 16);
    const isCharacter = point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff);
    return isCharacter ? String.fromCodePoint(point) : whole;
  });
}

/** Finds the first enhanced status code in a text. RFC 3463 §2. */
export function statusIn(text: string): string | undefined {
  const found = /(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?![\d.]*\d)/.exec(text);
  return found ? `${found[1]}.${found[2]}.${Number(found[3])}` : undefined;
}
