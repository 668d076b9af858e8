import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Every expected failure of the folder for certificates, revocation lists and keys. */
export const pkiErrorCodes = {
  'asn1-truncated': { meaning: 'An ASN.1 value ends before its length says.', temporary: false },
  'asn1-trailing': { meaning: 'Bytes follow an ASN.1 value where none may.', temporary: false },
  'asn1-length': {
    meaning: 'The length of an ASN.1 value is written in a form that is not allowed.',
    temporary: false,
  },
  'asn1-tag': {
    meaning: 'The tag of an ASN.1 value is written in a form that is not allowed.',
    temporary: false,
  },
  'asn1-not-der': { meaning: 'A value that must be in DER is written in BER.', temporary: false },
  'asn1-too-deep': { meaning: 'ASN.1 values are nested deeper than the limit allows.', temporary: false },
  'asn1-too-many': {
    meaning: 'An ASN.1 value has more elements than its size can justify.',
    temporary: false,
  },
  'asn1-type': { meaning: 'An ASN.1 value has another type than its place asks for.', temporary: false },
  'asn1-value': {
    meaning: 'An ASN.1 value has the right type, but not a permitted content.',
    temporary: false,
  },
  'bad-pem': {
    meaning: 'A text in PEM form has no end line, or no base64 between its lines.',
    temporary: false,
  },
  'bad-name': { meaning: 'A distinguished name does not follow its ASN.1.', temporary: false },
  'bad-certificate': { meaning: 'A certificate does not follow RFC 5280.', temporary: false },
  'bad-extension': {
    meaning: 'An extension of a certificate or a CRL does not follow its ASN.1.',
    temporary: false,
  },
  'bad-crl': { meaning: 'A certificate revocation list does not follow RFC 5280.', temporary: false },
  'bad-key': {
    meaning: 'A private or public key cannot be read, or is of a kind that is not supported.',
    temporary: false,
  },
  'bad-pkcs12': { meaning: 'A PKCS#12 file does not follow RFC 7292.', temporary: false },
  'wrong-password': { meaning: 'The password does not open the key or the PKCS#12 file.', temporary: false },
  'password-needed': {
    meaning: 'The key or the PKCS#12 file is encrypted and no password was given.',
    temporary: false,
  },
  'weak-encryption': {
    meaning:
      'A key or a PKCS#12 file is protected by an outdated cipher, which is read only where that is asked for.',
    temporary: false,
  },
  'legacy-cipher': {
    meaning: 'A key or a PKCS#12 file uses a cipher that this program does not have.',
    temporary: false,
  },
  'unsupported-algorithm': {
    meaning: 'An algorithm identifier names an algorithm that is not supported.',
    temporary: false,
  },
  'too-big': {
    meaning: 'A certificate, key, CRL or PKCS#12 file has more bytes or parts than the limit allows.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type PkiErrorCode = keyof typeof pkiErrorCodes;

/** An expected failure of reading or making certificates, CRLs and keys; never holds key material. */
export class PkiError extends SsympaError<PkiErrorCode> {
  constructor(code: PkiErrorCode, message: string, options?: ErrorOptionsOf) {
    super(pkiErrorCodes, code, message, options);
  }
}
