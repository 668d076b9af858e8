import { type Asn1, readAsn1, readOctetString, readOid, readTime } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { type AlgorithmProtection, readAlgorithmProtection } from './algorithm-protection.ts';
import { type Attribute, attributesToDigest, readAttributes } from './attribute.ts';
import { type Capability, readCapabilities } from './capability.ts';
import { type EncryptionKeyPreference, readEncryptionKeyPreference } from './encryption-key-preference.ts';
import { CmsError } from './error.ts';
import {
  type CertificateHash,
  readSigningCertificate,
  readSigningCertificateV2,
} from './signing-certificate.ts';

/** What the signed attributes of one signer say. */
export interface SignedAttributes {
  /** The bytes that the signature is over. */
  readonly toVerify: Uint8Array;
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  readonly signingTimeMs: number | undefined;
  readonly capabilities: readonly Capability[] | undefined;
  readonly encryptionKeyPreference: EncryptionKeyPreference | undefined;
  readonly algorithmProtection: AlgorithmProtection | undefined;
  /** Hashes of the signer's certificate, by SigningCertificate and SigningCertificateV2. */
  readonly certificateHashes: readonly CertificateHash[];
}

/**
 * Reads the signed attributes of a signer.
 *
 * RFC 5652 §11.1 to §11.3, RFC 5035 §5, RFC 6211 §2, RFC 8551 §2.5: the attributes that we know stand at most once, with
 * one value each; contentType and messageDigest must stand.
 *
 * @param node the attributes as they stand, with their implicit tag
 * @throws CmsError `malformed-cms`, `too-many-attributes`; PkiError of the reader
 */
export function readSignedAttributes(node: Asn1): SignedAttributes {
  // RFC 5652 §5.3: signed attributes MUST be DER.
  const toVerify = attributesToDigest(node.raw);
  if (toVerify === undefined) throw new CmsError('malformed-cms', 'the signed attributes are not in DER');
  const attributes = readAttributes(readAsn1(toVerify, { strict: true }));
  const find = <T>(type: string, read: (value: Asn1) => T): T | undefined => {
    const value = onlyValue(attributes, type);
    return value === undefined ? undefined : read(value);
  };
  const contentType = find(oids.contentType, readOid);
  const messageDigest = find(oids.messageDigest, readOctetString);
  if (contentType === undefined || messageDigest === undefined) {
    throw new CmsError('malformed-cms', 'the signed attributes lack contentType or messageDigest');
  }
  const hashes = [
    find(oids.signingCertificate, readSigningCertificate),
    find(oids.signingCertificateV2, readSigningCertificateV2),
  ];
  return {
    toVerify,
    contentType,
    messageDigest,
    signingTimeMs: find(oids.signingTime, readTime),
    capabilities: find(oids.smimeCapabilities, readCapabilities),
    encryptionKeyPreference: find(oids.encryptionKeyPreference, readEncryptionKeyPreference),
    algorithmProtection: find(oids.cmsAlgorithmProtection, readAlgorithmProtection),
    certificateHashes: hashes.filter((hash) => hash !== undefined),
  };
}

/** Attributes that say something about the signature only where it covers them. */
const onlySigned: ReadonlySet<string> = new Set([
  oids.contentType,
  oids.messageDigest,
  oids.signingTime,
  oids.smimeCapabilities,
  oids.encryptionKeyPreference,
  oids.signingCertificate,
  oids.signingCertificateV2,
  oids.cmsAlgorithmProtection,
]);

/**
 * Checks the unsigned attributes of a signer: those that must be signed may not stand there, RFC 5652 §11, RFC 8551 §2.5,
 * RFC 6211 §2.
 *
 * @throws CmsError `malformed-cms`, `too-many-attributes`; PkiError of the reader
 */
export function checkUnsignedAttributes(node: Asn1): void {
  const wrong = readAttributes(node).find(({ type }) => onlySigned.has(type));
  if (wrong !== undefined) throw new CmsError('malformed-cms', `the attribute ${wrong.type} is not signed`);
}

function onlyValue(attributes: readonly Attribute[], type: string): Asn1 | undefined {
  const found = attributes.filter((attribute) => attribute.type === type);
  if (found.length === 0) return undefined;
  if (found.length > 1 || found[0]!.values.length !== 1) {
    throw new CmsError('malformed-cms', `the attribute ${type} does not stand once with one value`);
  }
  return found[0]!.values[0];
}
