import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  type Asn1,
  derExplicit,
  derNull,
  derSequence,
  isContext,
  readAsn1,
  readExplicit,
  readOctetString,
  readSequence,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm, isAbsentOrNull } from './algorithm.ts';
import { type Digest, digestNamed, findDigest } from './digest.ts';
import { decryptOaep, type OaepParameters } from './oaep.ts';

/** How a content-encryption key is encrypted with RSA. */
export type KeyTransport = 'rsaes-pkcs1' | 'rsaes-oaep';

/**
 * Reads RSAES-OAEP-params, RFC 4055 §4.1; every field has SHA-1 as its default.
 *
 * @param parameters undefined gives the defaults
 * @returns undefined where they are malformed or name a digest that is unknown
 */
function readOaepParameters(parameters: Uint8Array | undefined): OaepParameters | undefined {
  const sha1 = digestNamed('sha1');
  if (isAbsentOrNull(parameters)) return { digest: sha1, mgfDigest: sha1, label: new Uint8Array(0) };
  try {
    let digest: Digest | undefined = sha1;
    let mgfDigest: Digest | undefined = sha1;
    let label: Uint8Array | undefined = new Uint8Array(0);
    for (const field of readSequence(readAsn1(parameters!))) {
      const inner = readExplicit(field);
      if (isContext(field, 0)) digest = findDigest(readAlgorithm(inner).oid);
      else if (isContext(field, 1)) mgfDigest = readMgf1Digest(inner);
      else if (isContext(field, 2)) label = readLabel(inner);
      else return undefined;
    }
    return digest === undefined || mgfDigest === undefined || label === undefined
      ? undefined
      : { digest, mgfDigest, label };
  } catch {
    return undefined;
  }
}

/** Reads the digest of an MGF1 identifier, RFC 4055 §2.1; undefined for another function. */
export function readMgf1Digest(node: Asn1): Digest | undefined {
  const mgf = readAlgorithm(node);
  if (mgf.oid !== oids.mgf1 || mgf.parameters === undefined) return undefined;
  return findDigest(readAlgorithm(readAsn1(mgf.parameters)).oid);
}

function readLabel(node: Asn1): Uint8Array | undefined {
  const { oid, parameters } = readAlgorithm(node);
  return oid === oids.pSpecified && parameters !== undefined
    ? readOctetString(readAsn1(parameters))
    : undefined;
}

/**
 * Decrypts a content-encryption key that RSA transports.
 *
 * RSAES-PKCS1-v1_5 gives a key even where the padding is wrong: OpenSSL then makes one up from the ciphertext (implicit
 * rejection, RFC 3218 §2.3.2), so that only the content tells, and that in the same way for each cause.
 *
 * @returns undefined for a malformed algorithm or an OAEP failure
 */
export function decryptTransportedKey(
  privateKey: KeyObject,
  algorithm: AlgorithmIdentifier,
  encryptedKey: Uint8Array,
): Uint8Array | undefined {
  if (privateKey.asymmetricKeyType !== 'rsa') return undefined;
  if (algorithm.oid === oids.rsaesOaep) {
    const parameters = readOaepParameters(algorithm.parameters);
    return parameters === undefined ? undefined : decryptOaep(privateKey, parameters, encryptedKey);
  }
  if (algorithm.oid !== oids.rsaEncryption || !isAbsentOrNull(algorithm.parameters)) return undefined;
  return decryptPkcs1(privateKey, encryptedKey);
}

/**
 * Decrypts RSAES-PKCS1-v1_5 with implicit rejection.
 *
 * @returns a key or a made-up one; undefined only where the ciphertext is no number below the modulus, which is public
 */
export function decryptPkcs1(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array | undefined {
  const { stackTraceLimit } = Error;
  // Only to find that options are no key object, node:crypto makes errors and drops them; their stacks would cost a sixth
  // of the time.
  Error.stackTraceLimit = 0;
  try {
    return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, ciphertext);
  } catch {
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** OAEP as we write it: SHA-256 throughout, no label (RFC 3560, RFC 8551 §2.3). */
const oaepSha256 = derAlgorithm(
  oids.rsaesOaep,
  derSequence(
    derExplicit(0, derAlgorithm(oids.sha256, derNull())),
    derExplicit(1, derAlgorithm(oids.mgf1, derAlgorithm(oids.sha256, derNull()))),
  ),
);

const pkcs1 = derAlgorithm(oids.rsaEncryption, derNull());

/** Writes the identifier of a key transport. */
export function derKeyTransport(transport: KeyTransport): Uint8Array {
  return transport === 'rsaes-oaep' ? oaepSha256 : pkcs1;
}

/** Encrypts a content-encryption key with RSA. */
export function encryptTransportedKey(
  publicKey: KeyObject,
  transport: KeyTransport,
  key: Uint8Array,
): Uint8Array {
  return transport === 'rsaes-oaep'
    ? publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key)
    : publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
}
