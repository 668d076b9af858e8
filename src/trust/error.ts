import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** What can go wrong with certificates and keys that somebody hands in or that a list keeps. */
export const trustErrorCodes = {
  'not-a-certificate': { meaning: 'The file holds no X.509 certificate that can be read.', temporary: false },
  'no-such-certificate': {
    meaning: 'No certificate is known by that address, id or file.',
    temporary: false,
  },
  'address-not-in-certificate': {
    meaning: 'The certificate does not name the address that it is to be kept for.',
    temporary: false,
  },
  'no-mail-usage': {
    meaning: 'Key usage or extended key usage of the certificate allows neither signing nor encrypting mail.',
    temporary: false,
  },
  'usage-differs': {
    meaning: 'The name of the file says @enc or @sign, and the certificate may not be used for that.',
    temporary: false,
  },
  'certificate-expired': { meaning: 'The certificate is past its notAfter date.', temporary: false },
  'certificate-not-yet-valid': { meaning: 'The certificate is before its notBefore date.', temporary: false },
  'certificate-revoked': {
    meaning: 'A revocation list at hand names the certificate.',
    temporary: false,
  },
  'weak-certificate': {
    meaning: 'The key or the signature algorithm of the certificate is weaker than the policy allows.',
    temporary: false,
  },
  'bad-address': {
    meaning: 'The name of the file, or the argument, is not a mail address.',
    temporary: false,
  },
  'pair-refused': {
    meaning: 'A pair of certificate and key fails a check, so that it is not installed.',
    temporary: false,
  },
  'pair-exists': { meaning: 'There is a pair already, and nothing said to replace it.', temporary: false },
  'pair-mismatch': { meaning: 'No certificate belongs to the key, or no key to it.', temporary: false },
  'no-such-key': { meaning: 'There is no key of that name.', temporary: false },
  'key-in-use': {
    meaning: 'A stored message can be opened by this key alone, so that it stays.',
    temporary: false,
  },
  'crl-unreadable': { meaning: 'What was fetched is not one revocation list.', temporary: true },
  'crl-not-verified': {
    meaning: 'What was fetched is not a present revocation list of a trusted authority.',
    temporary: true,
  },
  'no-trust-file': { meaning: 'The site names no file or folder of trust anchors.', temporary: false },
  'trust-file-unreadable': {
    meaning: 'A file that cafile or capath names cannot be read as certificates.',
    temporary: true,
  },
} as const satisfies ErrorTable;

export type TrustErrorCode = keyof typeof trustErrorCodes;

/** An expected failure of the store of certificates and keys. */
export class TrustError extends SsympaError<TrustErrorCode> {
  constructor(code: TrustErrorCode, message: string, options?: ErrorOptionsOf) {
    super(trustErrorCodes, code, message, options);
  }
}
