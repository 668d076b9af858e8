/**
 * Rows of the CMS corpora that we answer otherwise than their table, each with the answer and the reason.
 *
 * A row that stands here must differ, and one that differs must stand here.
 */
export interface Difference {
  /** What we answer. */
  readonly ours: string;
  readonly reason: string;
}

const noAttributes =
  'S/MIME needs signed attributes: without them a signature over attributes can be passed off as one over content (EUF-CMA).';

const mldsa =
  'ML-DSA is supported; the objects carry no certificate, so there is no key to verify them with.';

export const cmsDifferences: Readonly<Record<string, Difference>> = {
  'cms-examples-rfc9216/signedByCarlosDetached.p7m': {
    ours: 'bad no-signed-attributes',
    reason: noAttributes,
  },
  'cms-examples-rfc9216/signedByAliceAndCarlosNoCerts.p7m': {
    ours: 'bad no-signed-attributes',
    reason: noAttributes,
  },
  'openssl-matrix/sign-detached-noattr.eml': {
    ours: '[{"layer":"multipart/signed","signature":"bad no-signed-attributes","signers":1,"digest":["sha256"]}]',
    reason: noAttributes,
  },
  'openssl-matrix/enc-ecdh-cofactor.eml': {
    ours: '[{"layer":"enveloped-data","cipher":"aes-256-cbc","recipients":["kari"],"plaintextSha256":null}]',
    reason:
      'The key is on the binary curve K-283, which no S/MIME profile names; cofactor agreement on prime curves works.',
  },
  'rfc4134-examples/4.1.bin': { ours: 'bad no-signed-attributes', reason: noAttributes },
  'rfc4134-examples/4.2.bin': { ours: 'bad no-signed-attributes', reason: noAttributes },
  'rfc4134-examples/4.3.bin': { ours: 'bad no-signed-attributes', reason: noAttributes },
  'rfc4134-examples/4.5.bin': { ours: 'bad no-signed-attributes', reason: noAttributes },
  'rfc4134-examples/4.7.bin': { ours: 'bad no-signed-attributes', reason: noAttributes },
  'rfc4134-examples/4.8.eml': {
    ours: '[{"layer":"multipart/signed","signature":"bad no-signed-attributes"}]',
    reason: noAttributes,
  },
  'rfc4134-examples/4.9.eml': {
    ours: '[{"layer":"signed-data","signature":"bad no-signed-attributes"}]',
    reason: noAttributes,
  },
  'rfc4134-examples/5.2.bin': {
    ours: 'true',
    reason:
      'OpenSSL was asked without its legacy provider; our own RC2 opens it where old ciphers were asked for.',
  },
  'cms-mldsa/SignedData_ML-DSA-44.pem': { ours: 'ml-dsa-44 certificate-missing', reason: mldsa },
  'cms-mldsa/SignedData_ML-DSA-65.pem': { ours: 'ml-dsa-65 certificate-missing', reason: mldsa },
  'cms-mldsa/SignedData_ML-DSA-87.pem': { ours: 'ml-dsa-87 certificate-missing', reason: mldsa },
  'cms-examples-rfc9216/signedByAliceRSA.p7m': { ours: 'bad no-signed-attributes', reason: noAttributes },
  'wycheproof/aes_gcm': {
    ours: '268,272,276',
    reason: 'Nonces of 257 bytes: CMS has nonces of 12, and OpenSSL takes none so long; they are refused.',
  },
};
