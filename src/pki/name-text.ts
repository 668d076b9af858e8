import { PkiError } from './error.ts';
import { makeMultiName, type Name, type NameAttribute, type NameInput } from './name.ts';
import { oids } from './oid.ts';

/** The short names of attributes: RFC 4514 §3, and those that are in common use beside them. */
const shortNames: ReadonlyMap<string, string> = new Map([
  [oids.commonName, 'CN'],
  [oids.localityName, 'L'],
  [oids.stateOrProvinceName, 'ST'],
  [oids.organizationName, 'O'],
  [oids.organizationalUnitName, 'OU'],
  [oids.countryName, 'C'],
  [oids.streetAddress, 'STREET'],
  [oids.domainComponent, 'DC'],
  [oids.userId, 'UID'],
  [oids.emailAddress, 'emailAddress'],
  [oids.surname, 'SN'],
  [oids.givenName, 'GN'],
  [oids.nameSerialNumber, 'serialNumber'],
  [oids.title, 'title'],
  [oids.description, 'description'],
  [oids.postalCode, 'postalCode'],
  [oids.initials, 'initials'],
  [oids.generationQualifier, 'generationQualifier'],
  [oids.dnQualifier, 'dnQualifier'],
  [oids.pseudonym, 'pseudonym'],
  [oids.organizationIdentifier, 'organizationIdentifier'],
]);

const oidsByShortName: ReadonlyMap<string, string> = new Map([
  ...[...shortNames].map(([oid, short]) => [short.toLowerCase(), oid] as const),
  ['e', oids.emailAddress],
]);

/**
 * Formats a distinguished name for people, RFC 4514: `CN=Alice,O=Example`.
 *
 * Control characters are escaped as well, so that the text stays on one line.
 */
export function formatName(name: Name): string {
  return [...name.rdns]
    .reverse()
    .map((rdn) => rdn.map(formatAttribute).join('+'))
    .join(',');
}

// RFC 4514 §2.3, §2.4.
function formatAttribute({ oid, text, value }: NameAttribute): string {
  const short = shortNames.get(oid);
  if (short === undefined || text === undefined)
    return `${short ?? oid}=#${Buffer.from(value).toString('hex')}`;
  return `${short}=${escapeText(text)}`;
}

function escapeText(text: string): string {
  const characters = [...text];
  return characters
    .map((character, index) => {
      if ('"+,;<>\\'.includes(character)) return `\\${character}`;
      if (character === '#' && index === 0) return '\\#';
      if (character === ' ' && (index === 0 || index === characters.length - 1)) return '\\ ';
      return isUnprintable(character) ? hexPairs(character) : character;
    })
    .join('');
}

/** Controls, and the marks that turn the direction of a line. */
function isUnprintable(character: string): boolean {
  return /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(character);
}

function hexPairs(character: string): string {
  return [...Buffer.from(character, 'utf8')]
    .map((octet) => `\\${octet.toString(16).padStart(2, '0')}`)
    .join('');
}

const maxTextLength = 4096;

/**
 * Parses a distinguished name from its text, RFC 4514 §3.
 *
 * @param text at most 4,096 characters, for example `CN=Alice,O=Example`
 * @throws PkiError `bad-name`
 */
export function parseNameText(text: string): Name {
  if (text.length > maxTextLength) throw new PkiError('bad-name', 'the text of a name is too long');
  if (text.trim() === '') return makeMultiName([]);
  const rdns = splitUnescaped(text, ',').map(
    (rdn) => splitUnescaped(rdn, '+').map(parseAttribute) as NameInput,
  );
  return makeMultiName(rdns.reverse());
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === separator) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += character === '\\' ? text.slice(at, at + 2) : character;
    if (character === '\\') at += 1;
  }
  return parts;
}

function parseAttribute(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  const type = text.slice(0, Math.max(equals, 0)).trim();
  const oid =
    oidsByShortName.get(type.toLowerCase()) ?? (/^[0-2](\.\d{1,20}){1,20}$/.test(type) ? type : undefined);
  if (oid === undefined) throw new PkiError('bad-name', `"${type}" is no attribute of a name`);
  return [oid, unescapeText(text.slice(equals + 1).trim())];
}

function unescapeText(text: string): string {
  const octets: number[] = [];
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== 0x5c) {
      octets.push(bytes[at]!);
      continue;
    }
    const pair = bytes.subarray(at + 1, at + 3).toString('latin1');
    const isHex = /^[0-9a-fA-F]{2}$/.test(pair);
    if (pair === '') throw new PkiError('bad-name', 'the text of a name ends in a backslash');
    octets.push(isHex ? Number.parseInt(pair, 16) : bytes[at + 1]!);
    at += isHex ? 2 : 1;
  }
  return Buffer.from(octets).toString('utf8');
}
