import { cmsErrorCodes } from '../cms/error.ts';
import { signerCodes } from '../cms/signer-verdict.ts';
import { pathCodes } from '../pki/path-codes.ts';

/** Why a signed layer counts for nothing, beside what its signers and their paths say. */
export const layerCodes = {
  'no-signer': { meaning: 'The signed structure has no signer, so the message is unsigned.' },
  'content-not-detached': {
    meaning:
      'The signature of a multipart/signed carries content of its own, so it is not clear what was signed.',
  },
  'not-two-parts': { meaning: 'A multipart/signed does not have exactly two parts.' },
  'not-signed-data': { meaning: 'The second part of a multipart/signed is not CMS signed data.' },
  'not-mail-content': { meaning: 'What was signed is of a CMS content type that holds no mail.' },
  'ambiguous-header': {
    meaning:
      'The entity has a Content-Type or Content-Transfer-Encoding twice, so programs read it differently.',
  },
  'unreadable-content': { meaning: 'The content of a layer breaks a limit of the MIME reader.' },
  'too-many-layers': {
    meaning: 'Signatures, envelopes and compression are nested deeper than the limit allows.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string }>>;

/** Why the signer is not taken for the sender. */
export const senderCodes = {
  'from-missing': { meaning: 'The message has no From address.' },
  'from-ambiguous': {
    meaning: 'The message has several From fields or mailboxes, a group, or an address that is malformed.',
  },
  'signer-has-no-address': { meaning: 'The certificate of the signer names no address.' },
  'signer-not-sender': {
    meaning: 'The certificate of the signer names other addresses than the From field.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string }>>;

/** Every code that a verdict on a signature may have. */
export const signatureCodes = { ...cmsErrorCodes, ...signerCodes, ...pathCodes, ...layerCodes } as const;

export type LayerCode = keyof typeof layerCodes;
export type SenderCode = keyof typeof senderCodes;
export type SignatureCode = keyof typeof signatureCodes;

/**
 * What a signature is worth: `valid`, every check passed; `untrusted`, the mathematics hold but no valid path leads to a
 * trust anchor; `invalid`, broken, forged, ambiguous or not allowed; `none`, there is no signature.
 */
export type SignatureVerdict =
  | { readonly status: 'valid'; readonly code: null; readonly reason: null }
  | { readonly status: 'untrusted' | 'invalid'; readonly code: SignatureCode; readonly reason: string }
  | { readonly status: 'none'; readonly code: 'no-signer' | null; readonly reason: string | null };

const unsigned: SignatureVerdict = { status: 'none', code: null, reason: null };

const valid: SignatureVerdict = { status: 'valid', code: null, reason: null };

/** Makes the verdict `invalid` of a layer, with the sentence of the table. */
export function invalidLayer(code: LayerCode): SignatureVerdict {
  return { status: 'invalid', code, reason: layerCodes[code].meaning };
}

const weight: Readonly<Record<SignatureVerdict['status'], number>> = {
  none: 0,
  valid: 1,
  untrusted: 2,
  invalid: 3,
};

/**
 * Joins verdicts into one: the worst of them, so that any bad signer makes the whole bad.
 *
 * @param verdicts of all signers, or of all layers; of equal ones the first speaks
 * @returns `none` for no verdict at all
 */
export function worstVerdict(verdicts: readonly SignatureVerdict[]): SignatureVerdict {
  let worst: SignatureVerdict = unsigned;
  for (const verdict of verdicts) {
    const says = verdict.code !== null && worst.code === null;
    if (weight[verdict.status] > weight[worst.status] || (verdict.status === worst.status && says))
      worst = verdict;
  }
  return worst.status === 'valid' ? valid : worst;
}
