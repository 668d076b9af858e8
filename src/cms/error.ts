import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Every expected failure of the CMS folder; what a signature is worth is a verdict, not an error. */
export const cmsErrorCodes = {
  'not-cms': { meaning: 'The bytes are not a CMS ContentInfo.', temporary: false },
  'malformed-cms': { meaning: 'The CMS structure breaks the rules of its content type.', temporary: false },
  'too-many-certificates': {
    meaning: 'The CMS structure carries more certificates or CRLs than the limit allows.',
    temporary: false,
  },
  'too-many-signers': {
    meaning: 'The CMS structure has more signers than the limit allows.',
    temporary: false,
  },
  'too-many-recipients': {
    meaning: 'The CMS structure has more recipients than the limit allows.',
    temporary: false,
  },
  'too-many-attributes': {
    meaning: 'A signer carries more attributes than the limit allows.',
    temporary: false,
  },
  'unsupported-compression': {
    meaning: 'The content is compressed by an algorithm other than ZLIB.',
    temporary: false,
  },
  'bad-compression': { meaning: 'The compressed content cannot be inflated.', temporary: false },
  'decompressed-too-big': {
    meaning: 'The inflated content has more bytes than the limit allows.',
    temporary: false,
  },
  'cannot-encrypt-to': {
    meaning: 'The public key of a certificate is of a kind that no message can be encrypted to.',
    temporary: false,
  },
  'cannot-sign-with': {
    meaning: 'The private key is of a kind that makes no CMS signature.',
    temporary: false,
  },
  'key-mismatch': {
    meaning: 'The private key does not belong to the certificate of the signer.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type CmsErrorCode = keyof typeof cmsErrorCodes;

/** An expected failure of reading or writing CMS; never holds content, keys or plaintext. */
export class CmsError extends SsympaError<CmsErrorCode> {
  constructor(code: CmsErrorCode, message: string, options?: ErrorOptionsOf) {
    super(cmsErrorCodes, code, message, options);
  }
}
