import { createPublicKey, type KeyObject } from 'node:crypto';
import { type Certificate, publicKeyOf } from '../pki/certificate.ts';
import {
  derBitString,
  derHeader,
  derInteger,
  derNull,
  derSequence,
  readAsn1,
  readBitString,
  readSequence,
} from '../pki/der.ts';
import { PkiError } from '../pki/error.ts';
import { oids } from '../pki/oid.ts';
import { type AgreementCurve, findCurve } from './agreement-scheme.ts';
import { derAlgorithm } from './algorithm.ts';
import { derIssuerAndSerialNumber } from './certificate-identifier.ts';
import { CmsError } from './error.ts';
import { derKeyTransport, type KeyTransport } from './key-transport.ts';

/** How the key of a message is brought to the holder of one certificate. */
export type RecipientKey =
  | {
      readonly type: 'ktri';
      readonly publicKey: KeyObject;
      readonly transport: KeyTransport;
      /** A KeyTransRecipientInfo in DER up to the encrypted key, which is as long as the modulus. */
      readonly prefix: Uint8Array;
    }
  | {
      readonly type: 'kari';
      readonly publicKey: KeyObject;
      readonly curve: AgreementCurve;
      readonly rid: Uint8Array;
    };

const known = new WeakMap<Certificate, Map<KeyTransport | undefined, RecipientKey>>();

/**
 * Finds how to encrypt to a certificate; remembered as long as the certificate is.
 *
 * @param transport asked for where the recipient announced it; by default RSAES-PKCS1-v1_5, or OAEP where the
 *   certificate binds the key to it
 * @throws CmsError `cannot-encrypt-to`
 */
export function recipientKeyOf(certificate: Certificate, transport?: KeyTransport): RecipientKey {
  const ofCertificate = known.get(certificate) ?? new Map<KeyTransport | undefined, RecipientKey>();
  known.set(certificate, ofCertificate);
  const found = ofCertificate.get(transport) ?? makeRecipientKey(certificate, transport);
  ofCertificate.set(transport, found);
  return found;
}

function makeRecipientKey(certificate: Certificate, transport: KeyTransport | undefined): RecipientKey {
  try {
    const { oid } = certificate.publicKeyAlgorithm;
    if (oid === oids.rsaEncryption)
      return transportKey(certificate, publicKeyOf(certificate), transport ?? 'rsaes-pkcs1');
    if (oid === oids.rsaesOaep) return transportKey(certificate, oaepKeyOf(certificate), 'rsaes-oaep');
    const curve = findCurve(certificate.publicKeyAlgorithm);
    if (curve !== undefined) {
      return {
        type: 'kari',
        publicKey: publicKeyOf(certificate),
        curve,
        rid: derIssuerAndSerialNumber(certificate),
      };
    }
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new CmsError('cannot-encrypt-to', 'the public key of a certificate cannot be used', { cause });
  }
  throw new CmsError(
    'cannot-encrypt-to',
    'the public key of a certificate neither transports nor agrees on keys',
  );
}

/** node:crypto does not take a key that RFC 4055 §1.2 binds to OAEP; it is an RSA key all the same. */
function oaepKeyOf(certificate: Certificate): KeyObject {
  const key = readBitString(readSequence(readAsn1(certificate.spki))[1]).bytes;
  const spki = derSequence(derAlgorithm(oids.rsaEncryption, derNull()), derBitString(key));
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new CmsError('cannot-encrypt-to', 'the public key of a certificate cannot be read', { cause });
  }
}

function transportKey(certificate: Certificate, publicKey: KeyObject, transport: KeyTransport): RecipientKey {
  const keyBytes = Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  // RFC 5652 §6.2.1: version 0 goes with issuer and serial number.
  const fields = Buffer.concat([
    derInteger(0),
    derIssuerAndSerialNumber(certificate),
    derKeyTransport(transport),
    derHeader(0x04, keyBytes),
  ]);
  const prefix = Buffer.concat([derHeader(0x30, fields.length + keyBytes), fields]);
  return { type: 'ktri', publicKey, transport, prefix };
}
