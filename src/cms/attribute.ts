import {
  type Asn1,
  derOid,
  derSequence,
  derSetOf,
  readAsn1,
  readOid,
  readSequence,
  readSet,
} from '../pki/der.ts';
import { CmsError } from './error.ts';

/** One Attribute: a type and its values, RFC 5652 §5.3. */
export interface Attribute {
  readonly type: string;
  readonly values: readonly Asn1[];
}

/** No signer of a mail program comes near. */
const maxAttributes = 100;

/**
 * Reads the attributes of a SET OF Attribute.
 *
 * @param node the SET, or the context-specific value that replaces its tag
 * @throws CmsError `malformed-cms`, `too-many-attributes`; PkiError of the reader
 */
export function readAttributes(node: Asn1): readonly Attribute[] {
  const members = readSet(node, 'a set of attributes');
  if (members.length > maxAttributes) {
    throw new CmsError('too-many-attributes', `there are ${members.length} attributes`);
  }
  return members.map(readAttribute);
}

function readAttribute(node: Asn1): Attribute {
  const fields = readSequence(node, 'an attribute');
  if (fields.length !== 2)
    throw new CmsError('malformed-cms', 'an attribute is not a type and a set of values');
  return { type: readOid(fields[0]), values: readSet(fields[1], 'the values of an attribute') };
}

/** Writes an Attribute with one value. */
export function derAttribute(type: string, value: Uint8Array): Uint8Array {
  return derSequence(derOid(type), derSetOf(value));
}

/**
 * Gives the DER encoding that signed or authenticated attributes are digested in, RFC 5652 §5.4: the tag is that of a
 * SET OF, whatever implicit tag stood there, and the members are in DER order.
 *
 * @param raw the attributes as they stand in the message, implicit tag included
 * @returns undefined when they are not DER (RFC 5652 §5.3 wants them so)
 */
export function attributesToDigest(raw: Uint8Array): Uint8Array | undefined {
  try {
    const node = readAsn1(raw, { strict: true });
    requireDer(node);
    return derSetOf(...node.children.map((child) => child.raw));
  } catch {
    return undefined;
  }
}

function requireDer(node: Asn1): void {
  for (const child of node.children) requireDer(child);
}

/**
 * Tells whether content is itself the DER encoding of a set of attributes with contentType and messageDigest.
 *
 * Such content could be signed attributes of another message: a signature over attributes would pass for one over it.
 */
export function looksLikeSignedAttributes(content: Uint8Array): boolean {
  if (content.length === 0 || content[0] !== 0x31 || content.length > maxAttributeBytes) return false;
  try {
    return readAttributes(readAsn1(content)).length > 0;
  } catch {
    return false;
  }
}

/** Longer content is a message, not a set of attributes; a limit keeps the look cheap. */
const maxAttributeBytes = 1 << 20;
