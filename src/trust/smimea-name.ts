import { wireNameOf } from '../directory/dns-name.ts';
import { certificateUsages, matchingTypes, type SmimeaRecord, selectors } from '../directory/smimea.ts';
import { localPartContent, splitAddress } from '../mime/addr-spec.ts';
import { sha256Hex } from '../secrets.ts';

const hashedOctets = 28;

/**
 * Gives the name of the SMIMEA records of an address (RFC 8162 §3): the local part without quotes, in UTF-8 and
 * normalized, as the first 28 octets of its SHA-256. Its letters stay as they are (RFC 8162 §4).
 *
 * @param address canonical: what mail is sent to here, its domain in A-labels
 * @returns `undefined` for an address that has no such name: its domain is none of the DNS, or too long
 */
export function smimeaNameOf(address: string): string | undefined {
  const parts = splitAddress(address);
  if (parts === undefined || parts.localPart === '') return undefined;
  const content = localPartContent(parts.localPart).normalize('NFC');
  const label = sha256Hex(content).slice(0, 2 * hashedOctets);
  const isOfDns = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(parts.domain);
  const name = `${label}._smimecert.${parts.domain}`;
  return isOfDns && wireNameOf(name) !== undefined ? name : undefined;
}

/** Writes a record as a line of a zone file (RFC 6698 §2.2, RFC 8162 §2). */
export function formatSmimeaLine(
  name: string,
  { usage, selector, matchingType, data }: SmimeaRecord,
): string {
  const numbers = [
    certificateUsages.indexOf(usage),
    selectors.indexOf(selector),
    matchingTypes.indexOf(matchingType),
  ];
  return `${name}. IN SMIMEA ${numbers.join(' ')} ${Buffer.from(data).toString('hex')}`;
}
