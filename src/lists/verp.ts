import type { Site } from '../config/site.ts';
import { siteKey } from '../config/site-secret.ts';
import { hmacSha256Hex, sameSecret, sha256Hex } from '../secrets.ts';

/** A return address of one recipient: whose mail came back, and of which list. */
export interface Verp {
  /** Name of the list, without domain. */
  readonly listName: string;
  /** The recipient; `undefined` where only its digest fitted. */
  readonly address: string | undefined;
  /** `addressDigest` of the recipient where the address did not fit. */
  readonly digest: string | undefined;
}

/** What return addresses of a site start and end with. */
export interface VerpNames {
  /** `bounce_email_prefix` */
  readonly prefix?: string;
  /** `return_path_suffix` */
  readonly suffix?: string;
}

const macDigits = 8;
const digestDigits = 24;
/** RFC 5321 §4.5.3.1.1 */
const maxLocalPart = 64;
const digestMark = '_h';

/** Gives the key that return addresses of a site are made with. */
export function verpKey(site: Pick<Site, 'etcDir'>): Promise<string> {
  return siteKey(site, 'verp');
}

/**
 * Makes the return address of one recipient: `bounce+user==domain==list==MAC@listdomain`. Where that is longer than a
 * local part may be, a digest stands for the address; where even that is too long, it is the list's common return
 * address, whose bounces name their recipient in the report only.
 *
 * @param list `name@domain`
 * @param address the recipient, in canonical form
 * @param key from `verpKey`
 */
export function formatVerp(list: string, address: string, key: string, names: VerpNames = {}): string {
  const { prefix = 'bounce', suffix = '-owner' } = names;
  const at = list.lastIndexOf('@');
  const name = list.slice(0, at).toLowerCase();
  const domain = list.slice(at + 1).toLowerCase();
  const recipient = escapeRecipient(address.toLowerCase());
  const digest = `${digestMark}${addressDigest(address)}`;
  for (const middle of [recipient, digest]) {
    const local = `${prefix}+${middle}==${name}==${macOf(middle, name, domain, key)}`;
    if (local.length <= maxLocalPart) return `${local}@${domain}`;
  }
  return `${name}${suffix}@${domain}`;
}

/**
 * Reads a return address that `formatVerp` made.
 *
 * @returns `undefined` for any other address, and for one whose MAC is not of this site
 */
export function parseVerp(address: string, key: string, names: VerpNames = {}): Verp | undefined {
  const { prefix = 'bounce' } = names;
  const text = address.toLowerCase();
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  const local = text.slice(0, Math.max(at, 0));
  if (local.length > maxLocalPart || !local.startsWith(`${prefix.toLowerCase()}+`)) return undefined;
  const beforeMac = local.lastIndexOf('==');
  const beforeName = local.lastIndexOf('==', beforeMac - 1);
  if (beforeName < 0 || beforeMac <= beforeName) return undefined;
  const middle = local.slice(prefix.length + 1, beforeName);
  const listName = local.slice(beforeName + 2, beforeMac);
  if (!sameSecret(local.slice(beforeMac + 2), macOf(middle, listName, domain, key))) return undefined;
  if (middle.startsWith(digestMark))
    return { listName, address: undefined, digest: middle.slice(digestMark.length) };
  const recipient = unescapeRecipient(middle);
  return recipient === undefined ? undefined : { listName, address: recipient, digest: undefined };
}

/** Gives the digest that stands for an address that is too long for a return address. */
export function addressDigest(address: string): string {
  return sha256Hex(address.toLowerCase()).slice(0, digestDigits);
}

function macOf(middle: string, name: string, domain: string, key: string): string {
  return hmacSha256Hex(key, `${middle}\n${name}\n${domain}`).slice(0, macDigits);
}

/** `user==domain`; whatever an MTA might read its own way becomes `_` and two hex digits for each byte. */
function escapeRecipient(address: string): string {
  const at = address.lastIndexOf('@');
  return `${escapePart(address.slice(0, Math.max(at, 0)))}==${escapePart(address.slice(at + 1))}`;
}

function escapePart(text: string): string {
  let escaped = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    // Two dots in a row make no local part without quotes. RFC 5322 §3.2.3.
    const plain = /[a-z0-9.=+-]/.test(character) && !(character === '.' && escaped.endsWith('.'));
    escaped += plain ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

function unescapeRecipient(middle: string): string | undefined {
  const separator = middle.lastIndexOf('==');
  if (separator < 0) return undefined;
  const local = unescapePart(middle.slice(0, separator));
  const domain = unescapePart(middle.slice(separator + 2));
  return local === undefined || domain === undefined ? undefined : `${local}@${domain}`;
}

function unescapePart(text: string): string | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '_') {
      bytes.push(text.charCodeAt(i) & 0x7f);
      continue;
    }
    const hex = text.slice(i + 1, i + 3);
    if (!/^[0-9a-f]{2}$/.test(hex)) return undefined;
    bytes.push(Number.parseInt(hex, 16));
    i += 2;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}
