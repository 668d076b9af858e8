import {
  type Asn1,
  asciiBytes,
  derContext,
  derExplicit,
  derOid,
  derSequence,
  isContext,
  isUniversal,
  readExplicit,
  readOctetString,
  readOid,
  readSequence,
  readString,
  tags,
} from './der.ts';
import { PkiError } from './error.ts';
import { type Name, readName } from './name.ts';

/** A GeneralName, RFC 5280 §4.2.1.6. */
export type GeneralName =
  | { readonly type: 'otherName'; readonly oid: string; readonly value: Asn1 }
  | { readonly type: 'rfc822Name'; readonly text: string }
  | { readonly type: 'dnsName'; readonly text: string }
  | { readonly type: 'x400Address'; readonly raw: Uint8Array }
  | { readonly type: 'directoryName'; readonly name: Name }
  | { readonly type: 'ediPartyName'; readonly raw: Uint8Array }
  | { readonly type: 'uri'; readonly text: string }
  | { readonly type: 'ipAddress'; readonly bytes: Uint8Array }
  | { readonly type: 'registeredId'; readonly oid: string };

/** A certificate or CRL names at most this many general names in one place. */
const maxGeneralNames = 1024;

/**
 * Reads GeneralNames: one to {@link maxGeneralNames} of them.
 *
 * @throws PkiError `asn1-type`, `asn1-value`, `too-big`
 */
export function readGeneralNames(node: Asn1 | undefined, what: string): readonly GeneralName[] {
  const members = readSequence(node, what);
  if (members.length === 0) throw new PkiError('asn1-value', `${what} is empty`);
  if (members.length > maxGeneralNames)
    throw new PkiError('too-big', `${what} has more than ${maxGeneralNames} names`);
  return members.map(readGeneralName);
}

/**
 * Reads one GeneralName.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readGeneralName(node: Asn1): GeneralName {
  const read = node.class === 2 ? readers[node.tag] : undefined;
  if (read === undefined) throw new PkiError('asn1-type', `${node.class}/${node.tag} is no general name`);
  return read(node);
}

/** By tag number. */
const readers: readonly ((node: Asn1) => GeneralName)[] = [
  readOtherName,
  (node) => ({ type: 'rfc822Name', text: readString(node, tags.ia5String) }),
  (node) => ({ type: 'dnsName', text: readString(node, tags.ia5String) }),
  (node) => ({ type: 'x400Address', raw: node.raw }),
  // A CHOICE cannot be tagged implicitly, so the name stands inside.
  (node) => ({ type: 'directoryName', name: readName(readExplicit(node)) }),
  (node) => ({ type: 'ediPartyName', raw: node.raw }),
  (node) => ({ type: 'uri', text: readString(node, tags.ia5String) }),
  (node) => ({ type: 'ipAddress', bytes: readOctetString(node) }),
  (node) => ({ type: 'registeredId', oid: readOid(node) }),
];

function readOtherName(node: Asn1): GeneralName {
  const members = readSequence(node, 'an otherName');
  const value = members[1];
  if (members.length !== 2 || !isContext(value, 0))
    throw new PkiError('asn1-type', 'an otherName is malformed');
  return { type: 'otherName', oid: readOid(members[0]), value: readExplicit(value) };
}

/** Gives the text of a SmtpUTF8Mailbox, RFC 9598 §3; undefined when it is no UTF8String, or not UTF-8. */
export function readSmtpUtf8Mailbox(value: Asn1): string | undefined {
  if (!isUniversal(value, tags.utf8String)) return undefined;
  try {
    return readString(value);
  } catch {
    return undefined;
  }
}

/** Writes an rfc822Name, dNSName or uniformResourceIdentifier. */
export function derTextName(type: 'rfc822Name' | 'dnsName' | 'uri', text: string): Uint8Array {
  const tag = { rfc822Name: 1, dnsName: 2, uri: 6 }[type];
  return derContext(tag, asciiBytes(text), false);
}

/** Writes a directoryName. */
export function derDirectoryName(name: Name): Uint8Array {
  return derExplicit(4, name.der);
}

/** Writes an iPAddress. */
export function derIpAddress(bytes: Uint8Array): Uint8Array {
  return derContext(7, bytes, false);
}

/**
 * Writes an otherName.
 *
 * @param value the value in DER
 */
export function derOtherName(oid: string, value: Uint8Array): Uint8Array {
  const sequence = derSequence(derOid(oid), derExplicit(0, value));
  sequence[0] = 0xa0;
  return sequence;
}

/** Gives a text that is equal exactly when two general names are the same. */
export function generalNameKey(name: GeneralName): string {
  switch (name.type) {
    case 'directoryName':
      return `directoryName:${name.name.key}`;
    case 'rfc822Name':
    case 'dnsName':
    case 'uri':
      return `${name.type}:${name.text}`;
    case 'ipAddress':
      return `ipAddress:${Buffer.from(name.bytes).toString('hex')}`;
    case 'registeredId':
      return `registeredId:${name.oid}`;
    case 'otherName':
      return `otherName:${name.oid}:${Buffer.from(name.value.raw).toString('hex')}`;
    default:
      return `${name.type}:${Buffer.from(name.raw).toString('hex')}`;
  }
}
