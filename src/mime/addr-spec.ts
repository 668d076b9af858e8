const maxAddressLength = 320;
const maxDomainLength = 255;
const maxLabelLength = 63;

/** An address taken apart at the last `@`. */
export interface AddrSpec {
  /** As it stands there, quotes included. */
  readonly localPart: string;
  readonly domain: string;
}

/**
 * Takes an address apart, without any check.
 *
 * @param address text with or without an `@`.
 * @returns undefined where there is no `@`.
 */
export function splitAddress(address: string): AddrSpec | undefined {
  const at = address.lastIndexOf('@');
  return at < 0 ? undefined : { localPart: address.slice(0, at), domain: address.slice(at + 1) };
}

/**
 * Tells whether a text is an addr-spec and nothing else: no comments, no white space around it. RFC 5322 §3.4.1, RFC 6532 §3.2.
 *
 * @param text at most 320 characters count.
 */
export function isAddrSpec(text: string): boolean {
  if (text.length > maxAddressLength) return false;
  const parts = splitAddress(text);
  return parts !== undefined && isLocalPart(parts.localPart) && isDomain(parts.domain);
}

/** Tells whether a text is atoms with single dots between them. RFC 5322 §3.2.3. */
function isDotAtom(text: string): boolean {
  return text !== '' && text.split('.').every((atom) => atom !== '' && isAtom(atom));
}

/** Tells whether a text is one atom: printable, no blanks, no specials. RFC 5322 §3.2.3. */
export function isAtom(text: string): boolean {
  return text !== '' && !/[\x00-\x20\x7f"(),.:;<>@[\\\]]/.test(text) && !hasHiddenCharacter(text);
}

function isLocalPart(text: string): boolean {
  return text.startsWith('"') ? isQuotedString(text) : isDotAtom(text);
}

function isQuotedString(text: string): boolean {
  return (
    /^"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"$/.test(text) && !hasHiddenCharacter(text.replaceAll(' ', ''))
  );
}

function isDomain(text: string): boolean {
  if (text.length > maxDomainLength) return false;
  // RFC 5321 §4.1.3
  if (text.startsWith('[')) return /^\[[\x21-\x5a\x5e-\x7e]+\]$/.test(text);
  return text !== '' && text.split('.').every(isLabel);
}

function isLabel(label: string): boolean {
  return (
    label.length > 0 &&
    label.length <= maxLabelLength &&
    !label.startsWith('-') &&
    !label.endsWith('-') &&
    /^[\w\-\u0080-\u{10ffff}]+$/u.test(label) &&
    !hasHiddenCharacter(label)
  );
}

/** Characters that nobody sees or that turn the order of what is seen: never in an address. */
function hasHiddenCharacter(text: string): boolean {
  return /[\p{C}\p{Z}\ufffd]/u.test(text);
}

/**
 * Writes a local part in its shortest form: quoted only where it must be. RFC 5322 §3.4.1.
 *
 * @param content characters without quotes and escapes.
 */
export function formatLocalPart(content: string): string {
  return isDotAtom(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Gives the characters of a local part without quotes and escapes.
 *
 * @param localPart as it stands in an address.
 */
export function localPartContent(localPart: string): string {
  return localPart.length > 1 && localPart.startsWith('"') && localPart.endsWith('"')
    ? localPart.slice(1, -1).replace(/\\(.)/g, '$1')
    : localPart;
}
