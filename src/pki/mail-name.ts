import { toALabel } from './a-label.ts';
import { type GeneralName, readSmtpUtf8Mailbox } from './general-name.ts';
import { type Name, nameTexts } from './name.ts';
import { oids } from './oid.ts';

/** A mail address of a certificate, split at its sign. */
export interface MailName {
  readonly localPart: string;
  /** Lower case, A-labels. */
  readonly domain: string;
}

// RFC 5321 §4.5.3.1.
const maxLocalBytes = 64;
const maxDomainBytes = 255;

const asciiAtoms = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/;
const utf8Atoms =
  /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u{80}-\u{10FFFF}]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u{80}-\u{10FFFF}]+)*$/u;

/**
 * Parses the text of an rfc822Name or an emailAddress: `dot-atom@domain` in ASCII, nothing else.
 *
 * @returns undefined for any other text: quoted local parts, literals, comments, display names, controls, NUL
 */
export function parseMailName(text: string): MailName | undefined {
  return splitMailName(text, asciiAtoms);
}

/**
 * Parses the text of a SmtpUTF8Mailbox, RFC 9598 §3: the local part with at least one character that is not ASCII, in no
 * way folded; the domain in A-labels, or in the U-labels of the older RFC 8398.
 */
export function parseSmtpUtf8MailName(text: string): MailName | undefined {
  const at = text.lastIndexOf('@');
  if (text.length > maxLocalBytes + 1 + maxDomainBytes) return undefined;
  const labels = text
    .slice(at + 1)
    .split('.')
    .map(toALabel);
  if (labels.includes(undefined)) return undefined;
  const name = splitMailName(`${text.slice(0, at + 1)}${labels.join('.')}`, utf8Atoms);
  // RFC 9598 §3: an ASCII local part belongs into rfc822Name, where constraints on that kind are looked for.
  return name !== undefined && !isAscii(name.localPart) ? name : undefined;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

function splitMailName(text: string, atoms: RegExp): MailName | undefined {
  if (text.length > maxLocalBytes + 1 + maxDomainBytes) return undefined;
  const at = text.lastIndexOf('@');
  const localPart = text.slice(0, Math.max(at, 0));
  const domain = lowerAscii(text.slice(at + 1));
  if (at < 1 || Buffer.byteLength(localPart) > maxLocalBytes || !atoms.test(localPart)) return undefined;
  return isMailDomain(domain) ? { localPart, domain } : undefined;
}

/** Tells whether a text is a domain name in lower case: labels of letters, digits, hyphens, no dot at its end. */
function isMailDomain(domain: string): boolean {
  return domain.length <= maxDomainBytes && domain.split('.').every((label) => domainLabel.test(label));
}

const domainLabel = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Lower-cases the letters A to Z and nothing else. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Gives the canonical text of an address. */
function formatMailName({ localPart, domain }: MailName): string {
  return `${lowerAscii(localPart)}@${domain}`;
}

/**
 * Gives the mail addresses that a subject and its alternative names hold.
 *
 * @returns canonical addresses, each once
 */
export function mailAddressesOf(subject: Name, alternativeNames: readonly GeneralName[]): readonly string[] {
  const found: (MailName | undefined)[] = [];
  for (const name of alternativeNames) {
    if (name.type === 'rfc822Name') found.push(parseMailName(name.text));
    else if (name.type === 'otherName' && name.oid === oids.smtpUtf8Mailbox) {
      const text = readSmtpUtf8Mailbox(name.value);
      found.push(text === undefined ? undefined : parseSmtpUtf8MailName(text));
    }
  }
  if (found.length === 0) found.push(...nameTexts(subject, oids.emailAddress).map(parseMailName));
  return [...new Set(found.flatMap((name) => (name === undefined ? [] : [formatMailName(name)])))];
}
