import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  derBitString,
  derExplicit,
  derInteger,
  derNull,
  derSequence,
  isContext,
  readAsn1,
  readBitString,
  readExplicit,
  readSequence,
  readSmallInteger,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { type Digest, digestNamed, findDigest } from './digest.ts';
import { readMgf1Digest } from './key-transport.ts';

/** Parameters of RSASSA-PSS, RFC 4055 §3.1. */
export interface PssParameters {
  readonly digest: Digest;
  readonly mgfDigest: Digest;
  readonly saltLength: number;
}

/**
 * Reads RSASSA-PSS-params; every field has its default of RFC 4055 §3.1.
 *
 * @returns undefined where they are malformed, or name a digest or mask generation function that is unknown
 */
export function readPssParameters(parameters: Uint8Array | undefined): PssParameters | undefined {
  if (parameters === undefined) return undefined;
  try {
    let digest: Digest | undefined = digestNamed('sha1');
    let mgfDigest: Digest | undefined = digest;
    let saltLength = 20;
    let trailer = 1;
    for (const field of readSequence(readAsn1(parameters))) {
      const inner = readExplicit(field);
      if (isContext(field, 0)) digest = findDigest(readAlgorithm(inner).oid);
      else if (isContext(field, 1)) mgfDigest = readMgf1Digest(inner);
      else if (isContext(field, 2)) saltLength = readSmallInteger(inner);
      else if (isContext(field, 3)) trailer = readSmallInteger(inner);
      else return undefined;
    }
    const fits = trailer === 1 && saltLength >= 0 && saltLength <= maxSaltBytes;
    return digest !== undefined && mgfDigest !== undefined && fits
      ? { digest, mgfDigest, saltLength }
      : undefined;
  } catch {
    return undefined;
  }
}

const maxSaltBytes = 512;

/** Verifies RSASSA-PSS with exactly these parameters. */
export function verifyPss(
  parameters: PssParameters,
  data: Uint8Array,
  publicKey: KeyObject,
  signature: Uint8Array,
): boolean {
  const { digest, mgfDigest, saltLength } = parameters;
  const same = digest === mgfDigest;
  const key =
    same || publicKey.asymmetricKeyType === 'rsa-pss' ? publicKey : boundToPss(publicKey, parameters);
  return verify(digest.hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

/** node:crypto takes the digest of MGF1 from the parameters of the key alone, so the key gets them. */
function boundToPss(publicKey: KeyObject, parameters: PssParameters): KeyObject {
  const spki = readSequence(readAsn1(publicKey.export({ format: 'der', type: 'spki' })));
  const bound = derSequence(derPss(parameters), derBitString(readBitString(spki[1]).bytes));
  return createPublicKey({ key: Buffer.from(bound), format: 'der', type: 'spki' });
}

/** Writes the identifier of RSASSA-PSS with its parameters. */
export function derPss({ digest, mgfDigest, saltLength }: PssParameters): Uint8Array {
  return derAlgorithm(
    oids.rsassaPss,
    derSequence(
      derExplicit(0, derAlgorithm(digest.oid, derNull())),
      derExplicit(1, derAlgorithm(oids.mgf1, derAlgorithm(mgfDigest.oid, derNull()))),
      derExplicit(2, derInteger(saltLength)),
    ),
  );
}
