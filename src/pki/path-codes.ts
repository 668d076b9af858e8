import type { Certificate } from './certificate.ts';

/** Why a certificate is not accepted: every verdict of path validation, each in one sentence. */
export const pathCodes = {
  'no-trust-anchors': { meaning: 'No trust anchor is configured, so nobody is trusted.' },
  'no-path': { meaning: 'No chain of certificates leads from the certificate to a trust anchor.' },
  'self-signed': { meaning: 'The certificate is signed by its own key and is no trust anchor.' },
  'path-too-complex': {
    meaning: 'The search for a chain of certificates was given up, because it took too many steps.',
  },
  'bad-certificate-signature': {
    meaning: 'The signature on a certificate was not made by the key of its issuer.',
  },
  'unsupported-algorithm': { meaning: 'A certificate is signed by an algorithm that is not supported.' },
  'weak-signature': { meaning: 'A certificate is signed over a hash that is too weak.' },
  'weak-key': {
    meaning: 'The key of a certificate is too short, too long, or of a kind that is not accepted.',
  },
  'bad-key': { meaning: 'The key of a certificate cannot be read.' },
  'not-yet-valid': { meaning: 'A certificate is not valid yet.' },
  expired: { meaning: 'A certificate has expired.' },
  'unknown-critical-extension': { meaning: 'A certificate has a critical extension that is not understood.' },
  'not-a-ca': { meaning: 'A certificate was used to issue another and is no certificate of an authority.' },
  'issuer-may-not-sign': {
    meaning: 'The key usage of an authority does not allow that it issues certificates.',
  },
  'path-length-exceeded': { meaning: 'There are more authorities below one than its path length allows.' },
  'name-not-permitted': {
    meaning: 'A certificate names something outside of what an authority above it may name.',
  },
  'name-excluded': { meaning: 'A certificate names something that an authority above it must not name.' },
  'name-constraint-unsupported': {
    meaning: 'An authority restricts a kind of name in a way that is not understood.',
  },
  'too-many-names': { meaning: 'There are too many names and restrictions of names to compare.' },
  'invalid-policy-mapping': { meaning: 'An authority maps the policy that stands for all policies.' },
  'no-explicit-policy': { meaning: 'No certificate policy that is asked for holds along the whole chain.' },
  'wrong-purpose': { meaning: 'A certificate is not issued for this purpose.' },
  'wrong-key-usage': { meaning: 'The key usage of the certificate does not allow this purpose.' },
  revoked: { meaning: 'A certificate has been revoked.' },
  'no-usable-crl': { meaning: 'No revocation list tells whether a certificate is revoked.' },
  'crl-expired': { meaning: 'The revocation list for a certificate is out of date.' },
  'crl-not-yet-valid': { meaning: 'The revocation list for a certificate is not valid yet.' },
  'bad-crl-signature': { meaning: 'The signature on a revocation list was not made by its issuer.' },
  'weak-crl-signature': {
    meaning: 'A revocation list is signed over a hash, or by a key, that is too weak.',
  },
  'unknown-critical-crl-extension': {
    meaning: 'A revocation list has a critical extension that is not understood.',
  },
  'issuer-may-not-sign-crls': {
    meaning: 'The key usage of an authority does not allow that it signs revocation lists.',
  },
  'crl-issuer-not-trusted': {
    meaning: 'The signer of a revocation list has no valid chain to the same trust anchor.',
  },
  'crl-scope-differs': {
    meaning: 'The revocation lists at hand do not cover this certificate, or not for all reasons.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string }>>;

/** The code of a path that is not valid. */
export type PathCode = keyof typeof pathCodes;

/** A fault, and the certificate that has it. */
export interface PathFault {
  readonly code: PathCode;
  /** One plain sentence. */
  readonly reason: string;
  readonly certificate: Certificate;
}

/**
 * Makes a fault.
 *
 * @param detail a clause put behind the sentence of the code
 */
export function pathFault(code: PathCode, certificate: Certificate, detail?: string): PathFault {
  const { meaning } = pathCodes[code];
  return {
    code,
    reason: detail === undefined ? meaning : `${meaning.slice(0, -1)} (${detail}).`,
    certificate,
  };
}
