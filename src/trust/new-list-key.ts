import type { ExtensionInput } from '../pki/extension-writers.ts';
import type { GeneratedKeyPair } from '../pki/generate-key.ts';
import { createRequest, issueCertificate, keyIdentifierOf } from '../pki/issue.ts';
import type { KeyUsageBit } from '../pki/key-usage.ts';
import { makeName, type Name } from '../pki/name.ts';
import { oids } from '../pki/oid.ts';
import { formatPem } from '../pki/pem.ts';
import { encryptPrivateKey, exportPrivateKey } from '../pki/private-key.ts';
import { randomToken } from '../secrets.ts';
import type { CertificateUsage } from './certificate-file-name.ts';

const dayMs = 86_400_000;
/** X.520 gives a common name 64 characters. */
const maxCommonName = 64;

/** What a new key is for. */
export interface NewKeyInput {
  readonly keys: GeneratedKeyPair;
  readonly address: string;
  readonly usage: CertificateUsage;
}

/**
 * Makes the certification request of a key (RFC 2986), with the address, the key usage and the protection of e-mail in its
 * extension request (RFC 2985 §5.4.2).
 *
 * @returns PEM
 */
export function makeKeyRequest({ keys, address, usage }: NewKeyInput): string {
  const der = createRequest({
    subject: subjectOf(address),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: mailExtensions(keys, address, usage),
  });
  return formatPem('CERTIFICATE REQUEST', der);
}

/**
 * Makes the self-signed certificate of a key; only those who are given it by another way trust it.
 *
 * @returns DER
 */
export function makeSelfSigned(
  { keys, address, usage }: NewKeyInput,
  { nowMs, days }: { readonly nowMs: number; readonly days: number },
): Uint8Array {
  return issueCertificate({
    subject: subjectOf(address),
    serialNumber: serialNumber(),
    notBeforeMs: nowMs - dayMs,
    notAfterMs: nowMs + days * dayMs,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: {
      basicConstraints: { ca: false },
      ...mailExtensions(keys, address, usage),
      subjectKeyIdentifier: keyIdentifierOf(keys.publicKey),
    },
  });
}

/** Writes a private key: PKCS#8 in PEM, under PBES2 (RFC 8018) where there is a pass phrase. */
export function privateKeyPem(key: GeneratedKeyPair['privateKey'], passphrase: string | undefined): string {
  if (passphrase !== undefined) return encryptPrivateKey(key, passphrase);
  return formatPem('PRIVATE KEY', exportPrivateKey(key));
}

function subjectOf(address: string): Name {
  return makeName([[oids.commonName, address.slice(0, maxCommonName)]]);
}

function mailExtensions(
  { publicKey }: GeneratedKeyPair,
  address: string,
  usage: CertificateUsage,
): ExtensionInput {
  const sign: readonly KeyUsageBit[] = usage === 'encrypt' ? [] : ['digitalSignature'];
  const own: KeyUsageBit = publicKey.asymmetricKeyType === 'rsa' ? 'keyEncipherment' : 'keyAgreement';
  // RFC 9598: a local part outside of ASCII has a form of its own.
  const isAscii = Buffer.byteLength(address) === address.length;
  return {
    keyUsage: usage === 'sign' ? sign : [...sign, own],
    extendedKeyUsage: [oids.emailProtection],
    subjectAltName: [isAscii ? { rfc822Name: address } : { smtpUtf8Mailbox: address }],
  };
}

/** RFC 5280 §4.1.2.2: positive and at most 20 octets. */
function serialNumber(): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(randomToken(16), 'base64url'));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}
