import { type Asn1, derNull, derOid, derSequence, readOid, readSequence } from './der.ts';
import { PkiError } from './error.ts';

/** An AlgorithmIdentifier, RFC 5280 §4.1.1.2. */
export interface AlgorithmIdentifier {
  readonly oid: string;
  /** The parameters as they stand, tag and length included; undefined when absent. */
  readonly parameters: Uint8Array | undefined;
  /** The whole identifier as it stands. */
  readonly raw: Uint8Array;
}

/**
 * Reads an AlgorithmIdentifier.
 *
 * @throws PkiError `asn1-type` and others of the reader
 */
export function readAlgorithm(node: Asn1 | undefined): AlgorithmIdentifier {
  const members = readSequence(node, 'an algorithm identifier');
  if (members.length > 2)
    throw new PkiError('asn1-type', 'an algorithm identifier has more than two members');
  return { oid: readOid(members[0]), parameters: members[1]?.raw, raw: node!.raw };
}

/**
 * Makes an AlgorithmIdentifier.
 *
 * @param parameters `'null'` for NULL, bytes in DER, or nothing to leave them out
 */
export function makeAlgorithm(oid: string, parameters?: Uint8Array | 'null'): AlgorithmIdentifier {
  const bytes = parameters === 'null' ? derNull() : parameters;
  const raw = bytes === undefined ? derSequence(derOid(oid)) : derSequence(derOid(oid), bytes);
  return { oid, parameters: bytes, raw };
}

/** Tells whether parameters are NULL or left out, as most algorithms want them. */
export function hasNoParameters(algorithm: AlgorithmIdentifier): boolean {
  const { parameters } = algorithm;
  return parameters === undefined || (parameters.length === 2 && parameters[0] === 5 && parameters[1] === 0);
}
