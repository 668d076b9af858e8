import { createHash, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  derBitString,
  derExplicit,
  derOctetString,
  derOid,
  derSequence,
  readAsn1,
  readBitString,
  readSequence,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { type AgreementCurve, type AgreementScheme, agreementSchemes } from './agreement-scheme.ts';
import { derAlgorithm, isAbsentOrNull } from './algorithm.ts';
import { findKeyWrap, type KeyWrap } from './key-wrap.ts';

/** How a key-encryption key is agreed and used. */
export interface Agreement {
  readonly scheme: AgreementScheme;
  readonly wrap: KeyWrap;
  readonly sharedInfo: Uint8Array;
}

/**
 * Reads the keyEncryptionAlgorithm of a KeyAgreeRecipientInfo: a scheme with a key wrap as its parameter.
 *
 * @param ukm user keying material of the message
 * @returns undefined where either is unknown or malformed
 */
export function readAgreement(
  algorithm: AlgorithmIdentifier,
  ukm: Uint8Array | undefined,
): Agreement | undefined {
  const scheme = agreementSchemes.get(algorithm.oid);
  if (scheme === undefined || algorithm.parameters === undefined) return undefined;
  try {
    const keyInfo = readAlgorithm(readAsn1(algorithm.parameters));
    const wrap = findKeyWrap(keyInfo);
    return wrap === undefined
      ? undefined
      : { scheme, wrap, sharedInfo: derSharedInfo(keyInfo.raw, ukm, wrap) };
  } catch {
    return undefined;
  }
}

// RFC 5753 §7.2: ECC-CMS-SharedInfo
function derSharedInfo(keyInfo: Uint8Array, ukm: Uint8Array | undefined, wrap: KeyWrap): Uint8Array {
  const keyBits = new Uint8Array(4);
  new DataView(keyBits.buffer).setUint32(0, wrap.keyBytes * 8);
  const entityUInfo = ukm === undefined ? [] : [derExplicit(0, derOctetString(ukm))];
  return derSequence(keyInfo, ...entityUInfo, derExplicit(2, derOctetString(keyBits)));
}

/** The agreement that we write for a curve: a key wrap as long as the content-encryption key, no keying material. */
export function agreementFor(
  curve: AgreementCurve,
  wrap: KeyWrap,
): Agreement & { readonly algorithm: Uint8Array } {
  const keyInfo = derAlgorithm(wrap.oid);
  const scheme = agreementSchemes.get(curve.schemeOid)!;
  return {
    scheme,
    wrap,
    sharedInfo: derSharedInfo(keyInfo, undefined, wrap),
    algorithm: derAlgorithm(curve.schemeOid, keyInfo),
  };
}

/**
 * Computes the shared secret of two keys.
 *
 * @returns undefined where they are of different curves, or the secret of X25519 or X448 is all zero
 */
export function agreeOnSecret(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | undefined {
  try {
    const secret = diffieHellman({ privateKey, publicKey });
    // RFC 8418 §2: the shared secret MUST NOT be all zero; on the curves of RFC 5753 zero is a coordinate like others.
    const isMontgomery = privateKey.asymmetricKeyType !== 'ec';
    return isMontgomery && secret.every((byte) => byte === 0) ? undefined : secret;
  } catch {
    return undefined;
  }
}

/**
 * Agrees on a key-encryption key.
 *
 * @returns undefined where no secret can be agreed on, see {@link agreeOnSecret}
 */
export function agreeOnKey(
  { scheme, wrap, sharedInfo }: Agreement,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Uint8Array | undefined {
  const secret = agreeOnSecret(privateKey, publicKey);
  if (secret === undefined) return undefined;
  return scheme.derivation === 'hkdf'
    ? new Uint8Array(hkdfSync(scheme.hash, secret, new Uint8Array(0), sharedInfo, wrap.keyBytes))
    : x963(scheme.hash, secret, sharedInfo, wrap.keyBytes);
}

// SEC 1 §3.6.1
function x963(hash: string, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  const counter = new Uint8Array(4);
  for (let i = 1, made = 0; made < length; i += 1) {
    new DataView(counter.buffer).setUint32(0, i);
    const block = createHash(hash).update(secret).update(counter).update(info).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/**
 * Makes the key of an originator usable: its algorithm names the recipient's curve, or leaves it out (RFC 5753 §3.1.1).
 *
 * @param recipient the identifier of the recipient's SubjectPublicKeyInfo
 * @returns undefined where the key is of another kind or not a point of the curve
 */
export function originatorKeyOf(
  originator: { readonly algorithm: AlgorithmIdentifier; readonly publicKey: Uint8Array },
  recipient: AlgorithmIdentifier,
): KeyObject | undefined {
  if (originator.algorithm.oid !== recipient.oid) return undefined;
  const named = originator.algorithm.parameters;
  if (!isAbsentOrNull(named) && Buffer.compare(named!, recipient.parameters ?? new Uint8Array(0)) !== 0)
    return undefined;
  try {
    const spki = derSequence(recipient.raw, derBitString(originator.publicKey));
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/**
 * Writes the OriginatorPublicKey of an ephemeral key, RFC 5753 §3.1.1, RFC 8418 §2.
 *
 * @returns the SEQUENCE without its implicit tag
 */
export function derOriginatorKey(publicKey: KeyObject, curve: AgreementCurve): Uint8Array {
  const spki = readSequence(readAsn1(publicKey.export({ format: 'der', type: 'spki' })));
  const algorithm = curve.isNamedCurve
    ? derSequence(derOid(oids.ecPublicKey), derOid(curve.oid))
    : derAlgorithm(curve.oid);
  return derSequence(algorithm, derBitString(readBitString(spki[1]).bytes));
}
