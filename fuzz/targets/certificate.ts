import { parseAddress } from '../../src/mime/address.ts';
import {
  certificateAddresses,
  certificateUses,
  parseCertificate,
  publicKeyOf,
} from '../../src/pki/certificate.ts';
import { parseCertificateList } from '../../src/pki/crl.ts';
import { PkiError } from '../../src/pki/error.ts';
import { sameName } from '../../src/pki/name.ts';
import { formatName, parseNameText } from '../../src/pki/name-text.ts';
import { validatePath } from '../../src/pki/path.ts';
import { parsePem, readCertificates, readDerBlocks } from '../../src/pki/pem.ts';
import { keyWeakness } from '../../src/pki/strength.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { derMutators } from '../der-mutators.ts';
import { alice, board, ca, list, nowMs } from '../identity.ts';
import { bytesOf, corpusFiles, textOf } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators } from '../text-mutators.ts';

const crypticCorpora = ['pkits', 'rfc9216-keys', 'x509-pkcs-vectors', 'rfc4134-examples'];

function derFiles(pattern: RegExp, labels: readonly string[]): readonly Uint8Array[] {
  const pem = corpusFiles(crypticCorpora, /\.pem$/).flatMap((file) => readDerBlocks(file, new Set(labels)));
  return [...corpusFiles(crypticCorpora, pattern), ...pem];
}

/** The parser of certificates, and everything that a certificate is asked. */
export const certificateTarget: FuzzTarget = {
  name: 'certificate',
  errors: [PkiError],
  mutators: [...derMutators, ...derMutators, ...byteMutators],
  seeds: () => [
    ...[alice, board, list, ca].map(({ certificate }) => certificate.der),
    ...derFiles(/\.(?:crt|cer|der)$/, ['CERTIFICATE']),
  ],
  run: (input) => {
    const certificate = parseCertificate(input);
    for (const address of certificateAddresses(certificate))
      demand(parseAddress(address) !== undefined, 'an address of a certificate is an address');
    certificateUses(certificate);
    keyWeakness(certificate.spki);
    demandNameAgain(certificate.subject);
    const trusting = { untrusted: [certificate, ca.certificate], atMs: nowMs, purpose: 'smimesign' } as const;
    validatePath({ ...trusting, certificate, trustAnchors: [ca.certificate] });
    validatePath({ ...trusting, certificate: alice.certificate, trustAnchors: [certificate] });
    publicKeyOf(certificate);
  },
};

function demandNameAgain(name: Parameters<typeof formatName>[0]): void {
  const text = formatName(name);
  // What is no text is written in hex, for people alone.
  if (text.includes('=#')) return;
  try {
    // The attributes of a relative name are a set: BER may hold them in any order, what is written anew in one.
    demand(sameName(parseNameText(text), name), 'a name written and read again is the same');
  } catch (error) {
    // A name may have attributes that are written for people alone.
    if (!(error instanceof PkiError)) throw error;
  }
}

/** The parser of CRLs, and revocation by what it read. */
export const crlTarget: FuzzTarget = {
  name: 'crl',
  errors: [PkiError],
  mutators: [...derMutators, ...derMutators, ...byteMutators],
  seeds: () => [ca.crl(), ca.crl({ revoked: [alice, list] }), ...derFiles(/\.crl$/, ['X509 CRL'])],
  run: (input) => {
    const crl = parseCertificateList(input);
    validatePath({
      certificate: alice.certificate,
      untrusted: [],
      trustAnchors: [ca.certificate],
      crls: [crl],
      crlCheck: 'require',
      atMs: nowMs,
      purpose: 'smimesign',
    });
  },
};

/** The reader of PEM, and of distinguished names as text. */
export const pemTarget: FuzzTarget = {
  name: 'pem',
  errors: [PkiError],
  mutators: [
    ...lineMutators,
    ...byteMutators,
    wordMutator(['-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----\n', 'CN=', '\\,', '#0c01', '+']),
  ],
  seeds: () => [
    bytesOf(alice.certificatePem),
    bytesOf(`text\n${ca.certificatePem}\n${list.certificatePem}`),
    alice.certificate.der,
    bytesOf('CN=Alice\\, A.+UID=x,O=Example\\20,C=DE'),
    ...corpusFiles(crypticCorpora, /\.(?:pem|key)$/),
  ],
  run: (input) => {
    try {
      demandNameAgain(parseNameText(textOf(input)));
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
    }
    parsePem(input);
    readCertificates(input);
  },
};
