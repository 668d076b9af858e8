/** A row of a corpus that we answer otherwise, and why. */
export interface PkiDifference {
  /** What we answer. */
  readonly ours: string;
  readonly reason: string;
}

const noDsa = 'DSA is not accepted but for old mail, and no mail program makes such keys any more';
const oneRule =
  'a fault in an extension that is understood makes the certificate no certificate for us: it is refused when it is read';
const mismatch =
  'RFC 5280 §4.1.1.2: the two algorithm identifiers must be the same, and a signature over one says nothing of the other';

/** Every row about certificates, CRLs and PKCS#12 that we answer otherwise than its corpus, by `corpus/row`. */
export const pkiDifferences: Readonly<Record<string, PkiDifference>> = {
  'pkits/4.1.5': { ours: 'weak-signature', reason: `${noDsa}; the row is marked as optional` },
  'pkits/4.14.30': {
    ours: 'crl-issuer-not-trusted',
    reason:
      'the signer of the CRL vouches for itself; the row is marked as optional, and OpenSSL refuses it as well',
  },
  'x509-pkcs-vectors/x509/malformed-san.pem': { ours: 'bad-extension', reason: oneRule },
  'x509-pkcs-vectors/x509/two_basic_constraints.pem': { ours: 'bad-extension', reason: oneRule },
  'x509-pkcs-vectors/x509/mismatch_inner_outer_sig_algorithm.der': {
    ours: 'bad-certificate',
    reason: mismatch,
  },
  'x509-pkcs-vectors/x509/rsa_pss_cert_invalid_mgf.der': { ours: 'bad-certificate', reason: mismatch },
  'x509-pkcs-vectors/x509/rsa_pss_cert_no_sig_params.der': { ours: 'bad-certificate', reason: mismatch },
  'x509-pkcs-vectors/x509/rsa_pss_cert_unsupported_mgf_hash.der': {
    ours: 'bad-certificate',
    reason: mismatch,
  },
  'x509-pkcs-vectors/crl/crl_dup_entry_ext.pem': {
    ours: 'bad-extension',
    reason: 'an entry has one extension twice (RFC 5280 §4.2), so what the CRL says is not clear',
  },
  'x509-pkcs-vectors/crl/crl_inval_cert_issuer_entry_ext.pem': {
    ours: 'bad-extension',
    reason: 'the issuer of an entry cannot be read, so nobody knows whose certificate is revoked',
  },
  'x509-pkcs-vectors/crl/crl_issuer_invalid_printable_string.der': {
    ours: 'parsed',
    reason:
      'a name with a string that is not of its character set is compared by its bytes: old authorities have such names, and it matches nothing else',
  },
  'openssl-cms/pkcs12/nomac_parse.p12': {
    ours: 'bad-pkcs12',
    reason:
      'the content is encrypted with a public key, which no exporter of mail keys does; the row lets an importer refuse',
  },
  'openssl-cms/smime-certs/smdh.pem#smimesign': {
    ours: 'weak-key',
    reason: 'finite-field Diffie-Hellman is not accepted',
  },
  'openssl-cms/smime-certs/smdh.pem#smimeencrypt': {
    ours: 'weak-key',
    reason: 'finite-field Diffie-Hellman is not accepted',
  },
  ...Object.fromEntries(
    ['smdsa1', 'smdsa2', 'smdsa3'].flatMap((name) =>
      ['smimesign', 'smimeencrypt'].map((purpose) => [
        `openssl-cms/smime-certs/${name}.pem#${purpose}`,
        { ours: 'weak-key', reason: noDsa },
      ]),
    ),
  ),
  'openssl-cms/smime-certs/sm_mldsa44.pem#smimesign': {
    ours: 'valid',
    reason: 'the row was written with a program that had no ML-DSA yet; the chain holds, and the key signs',
  },
  'openssl-cms/smime-certs/smec1.pem#smimeencrypt': {
    ours: 'wrong-key-usage',
    reason:
      'RFC 5753 §6: a key of an elliptic curve needs keyAgreement; this one has keyEncipherment, which it cannot do',
  },
  'openssl-cms/smime-certs/smec2.pem#smimesign': {
    ours: 'weak-key',
    reason: 'the curve is none of P-256, P-384 and P-521',
  },
  'openssl-cms/smime-certs/smec2.pem#smimeencrypt': {
    ours: 'weak-key',
    reason: 'the curve is none of P-256, P-384 and P-521',
  },
  'openssl-cms/smime-certs/smrsa1024.pem#smimesign': {
    ours: 'weak-key',
    reason: 'RFC 8551 §4.3: RSA of fewer than 2048 bits is not accepted but for old mail',
  },
  'openssl-cms/smime-certs/smrsa1024.pem#smimeencrypt': {
    ours: 'weak-key',
    reason: 'RFC 8551 §4.3: RSA of fewer than 2048 bits is not accepted but for old mail',
  },
};

/** Every row that a test has asked about, so that a row that no longer differs is found. */
const asked = new Set<string>();

/**
 * Gives what we are to answer to a row.
 *
 * @param row `corpus/row`
 * @param expected what the corpus says
 */
export function answerTo(row: string, expected: string): string {
  asked.add(row);
  return pkiDifferences[row]?.ours ?? expected;
}

/** Gives the rows of a corpus that differ by the table, but that no test has asked about. */
export function unaskedRows(corpus: string): readonly string[] {
  return Object.keys(pkiDifferences).filter((row) => row.startsWith(`${corpus}/`) && !asked.has(row));
}

/** Gives the rows whose difference in the table is none: what is expected is what we answer. */
export function needlessDifference(row: string, expected: string): boolean {
  return pkiDifferences[row]?.ours === expected;
}
