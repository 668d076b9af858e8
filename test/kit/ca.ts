/**
 * A certification authority for tests, the demo and the bench: keys and certificates are made when they are needed and
 * never stored.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import type { ExtensionInput, GeneralNameInput } from '../../src/pki/extension-writers.ts';
import {
  type CrlInput,
  createCrl,
  issueCertificate,
  keyIdentifierOf,
  type RevokedInput,
} from '../../src/pki/issue.ts';
import type { KeyUsageBit } from '../../src/pki/key-usage.ts';
import { makeName, type Name, type NameInput } from '../../src/pki/name.ts';
import { oids } from '../../src/pki/oid.ts';
import { formatPem } from '../../src/pki/pem.ts';
import { exportPrivateKey } from '../../src/pki/private-key.ts';
import type { SignOptions } from '../../src/pki/signature.ts';

/** Kinds of key that the kit makes. */
export type KeyAlgorithm =
  | 'rsa-1024'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096'
  | 'rsa-pss-2048'
  | 'ec-p256'
  | 'ec-p384'
  | 'ec-p521'
  | 'ed25519'
  | 'ed448'
  | 'x25519'
  | 'dsa-1024'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87';

/** What a certificate is for. */
export type CertificateUse = 'both' | 'sign' | 'encrypt';

/** A private and a public key. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A certificate with its key. */
export interface TestIdentity extends KeyPair {
  readonly certificate: Certificate;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Options of {@link makeTestCa}. */
export interface TestCaOptions extends SignOptions {
  /** The common name; default `Test CA`. */
  readonly name?: string;
  /** The moment that validities are counted from; default: now. */
  readonly nowMs?: number;
  /** Default `ec-p256`. */
  readonly algorithm?: KeyAlgorithm;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly pathLength?: number;
  /** Makes a new RSA key instead of taking one of the pool. */
  readonly fresh?: boolean;
  readonly keys?: KeyPair;
  readonly subject?: Name;
  /** Added to the usual extensions, or put in their place; `undefined` leaves one out. */
  readonly extensions?: ExtensionInput;
}

/** Options of {@link TestCa.issue}. */
export interface IssueOptions extends SignOptions {
  readonly address?: string;
  readonly addresses?: readonly string[];
  /** Default: what the algorithm can do. */
  readonly use?: CertificateUse;
  /** Default `rsa-2048`. */
  readonly algorithm?: KeyAlgorithm;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Object identifiers; default emailProtection; an empty list leaves the extension out. */
  readonly eku?: readonly string[];
  /** An empty list leaves the extension out. */
  readonly keyUsage?: readonly KeyUsageBit[];
  /** Default: a common name from the address. */
  readonly subject?: Name | NameInput;
  readonly serialNumber?: number | Uint8Array;
  readonly fresh?: boolean;
  /** Certifies these keys instead of new ones. */
  readonly keys?: KeyPair;
  readonly extensions?: ExtensionInput;
}

/** Options of {@link TestCa.crl}; the issuer and the key are the CA's. */
export interface TestCrlOptions extends Partial<Omit<CrlInput, 'revoked' | 'signingKey'>> {
  readonly revoked?: readonly (Certificate | TestIdentity | RevokedInput)[];
}

/** A certification authority of a test. */
export interface TestCa extends TestIdentity {
  readonly name: Name;
  /** Its certificate in PEM. */
  readonly pem: string;
  /** Its certificate and those above it, the root last. */
  readonly chain: readonly Certificate[];
  readonly nowMs: number;
  issue(options: IssueOptions): TestIdentity;
  /** Makes a CRL, in DER. */
  crl(options?: TestCrlOptions): Uint8Array;
  /** Makes a CRL, in PEM. */
  crlPem(options?: TestCrlOptions): string;
  subCa(options?: TestCaOptions): TestCa;
}

const dayMs = 86_400_000;
/** Making an RSA key takes a tenth of a second and more; so many of each size are made, then used in turn. */
const poolSize = 8;

const pools = new Map<KeyAlgorithm, { readonly pairs: KeyPair[]; next: number }>();

/**
 * Makes a pair of keys; RSA keys come in turn from a pool of eight a process.
 *
 * @param fresh makes a new pair whatever the pool holds
 */
export function makeKeys(algorithm: KeyAlgorithm, fresh = false): KeyPair {
  if (fresh || !algorithm.startsWith('rsa')) return generate(algorithm);
  const pool = pools.get(algorithm) ?? { pairs: [], next: 0 };
  pools.set(algorithm, pool);
  if (pool.pairs.length < poolSize) pool.pairs.push(generate(algorithm));
  const pair = pool.pairs[pool.next % poolSize]!;
  pool.next += 1;
  return pair;
}

function generate(algorithm: KeyAlgorithm): KeyPair {
  switch (algorithm) {
    case 'ec-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'ec-p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'ec-p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ed448':
      return generateKeyPairSync('ed448');
    case 'x25519':
      return generateKeyPairSync('x25519');
    case 'dsa-1024':
      return generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      // The overloads of the types take one name each.
      return generateKeyPairSync(algorithm as 'ml-dsa-65');
    case 'rsa-pss-2048':
      return generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    default:
      return generateKeyPairSync('rsa', { modulusLength: Number(algorithm.slice(4)) });
  }
}

/** Makes a self-signed certification authority. */
export function makeTestCa(options: TestCaOptions = {}): TestCa {
  return makeCa(options, undefined);
}

let lastSerial = Date.now() * 1000;

function nextSerial(): number {
  lastSerial += 1;
  return lastSerial;
}

function makeCa(options: TestCaOptions, parent: TestCa | undefined): TestCa {
  const nowMs = options.nowMs ?? parent?.nowMs ?? Date.now();
  const keys = options.keys ?? makeKeys(options.algorithm ?? 'ec-p256', options.fresh);
  const name =
    options.subject ?? makeName([[oids.commonName, options.name ?? (parent ? 'Test Sub CA' : 'Test CA')]]);
  const certificate = issueCaCertificate(options, name, keys, parent, nowMs);
  const identity = makeIdentity(certificate, keys);
  const ca: TestCa = {
    ...identity,
    name,
    nowMs,
    pem: identity.certificatePem,
    chain: [identity.certificate, ...(parent?.chain ?? [])],
    issue: (issueOptions) => issueFor(ca, issueOptions),
    crl: (crlOptions = {}) => crlOf(ca, crlOptions),
    crlPem: (crlOptions = {}) => formatPem('X509 CRL', crlOf(ca, crlOptions)),
    subCa: (caOptions = {}) => makeCa(caOptions, ca),
  };
  return ca;
}

function issueCaCertificate(
  options: TestCaOptions,
  name: Name,
  keys: KeyPair,
  parent: TestCa | undefined,
  nowMs: number,
): Uint8Array {
  const { pathLength } = options;
  return issueCertificate({
    hash: options.hash,
    pss: options.pss,
    subject: name,
    issuer: parent?.name ?? name,
    serialNumber: nextSerial(),
    notBeforeMs: options.notBeforeMs ?? nowMs - dayMs,
    notAfterMs: options.notAfterMs ?? nowMs + 3650 * dayMs,
    publicKey: keys.publicKey,
    signingKey: parent?.privateKey ?? keys.privateKey,
    extensions: {
      basicConstraints: pathLength === undefined ? { ca: true } : { ca: true, pathLength },
      keyUsage: ['keyCertSign', 'cRLSign'],
      subjectKeyIdentifier: keyIdentifierOf(keys.publicKey),
      authorityKeyIdentifier: parent && keyIdentifierOf(parent.publicKey),
      ...options.extensions,
    },
  });
}

function makeIdentity(der: Uint8Array, keys: KeyPair): TestIdentity {
  return {
    certificate: parseCertificate(der),
    privateKey: keys.privateKey,
    publicKey: keys.publicKey,
    certificatePem: formatPem('CERTIFICATE', der),
    privateKeyPem: formatPem('PRIVATE KEY', exportPrivateKey(keys.privateKey)),
  };
}

function issueFor(ca: TestCa, options: IssueOptions): TestIdentity {
  const algorithm = options.algorithm ?? 'rsa-2048';
  const keys = options.keys ?? makeKeys(algorithm, options.fresh);
  const addresses = [
    ...(options.address === undefined ? [] : [options.address]),
    ...(options.addresses ?? []),
  ];
  const eku = options.eku ?? [oids.emailProtection];
  const keyUsage = options.keyUsage ?? usageOf(algorithm, options.use ?? naturalUse(algorithm));
  const der = issueCertificate({
    hash: options.hash,
    pss: options.pss,
    subject: subjectOf(options, addresses),
    issuer: ca.name,
    serialNumber: options.serialNumber ?? nextSerial(),
    notBeforeMs: options.notBeforeMs ?? ca.nowMs - dayMs,
    notAfterMs: options.notAfterMs ?? ca.nowMs + 365 * dayMs,
    publicKey: keys.publicKey,
    signingKey: ca.privateKey,
    extensions: {
      keyUsage: keyUsage.length === 0 ? undefined : keyUsage,
      extendedKeyUsage: eku.length === 0 ? undefined : eku,
      subjectAltName: addresses.length === 0 ? undefined : addresses.map(mailName),
      subjectKeyIdentifier: keyIdentifierOf(keys.publicKey),
      authorityKeyIdentifier: keyIdentifierOf(ca.publicKey),
      ...options.extensions,
    },
  });
  return makeIdentity(der, keys);
}

function subjectOf({ subject }: IssueOptions, addresses: readonly string[]): Name {
  if (subject === undefined) return makeName([[oids.commonName, addresses[0]?.split('@')[0] ?? 'nobody']]);
  return 'der' in subject ? subject : makeName(subject);
}

/** A local part in ASCII stands in an rfc822Name, any other in a SmtpUTF8Mailbox. */
function mailName(address: string): GeneralNameInput {
  const isAscii = Buffer.byteLength(address) === address.length;
  return isAscii ? { rfc822Name: address } : { smtpUtf8Mailbox: address };
}

function naturalUse(algorithm: KeyAlgorithm): CertificateUse {
  if (algorithm === 'x25519') return 'encrypt';
  return /^(?:ed|dsa|ml-dsa|rsa-pss)/.test(algorithm) ? 'sign' : 'both';
}

function usageOf(algorithm: KeyAlgorithm, use: CertificateUse): readonly KeyUsageBit[] {
  const sign: readonly KeyUsageBit[] = use === 'encrypt' ? [] : ['digitalSignature', 'nonRepudiation'];
  const encrypt: KeyUsageBit = algorithm.startsWith('rsa') ? 'keyEncipherment' : 'keyAgreement';
  return use === 'sign' ? sign : [...sign, encrypt];
}

function crlOf(ca: TestCa, options: TestCrlOptions): Uint8Array {
  return createCrl({
    issuer: ca.name,
    thisUpdateMs: ca.nowMs - 3_600_000,
    nextUpdateMs: ca.nowMs + 7 * dayMs,
    crlNumber: 1,
    authorityKeyIdentifier: keyIdentifierOf(ca.publicKey),
    ...options,
    revoked: (options.revoked ?? []).map((entry) => revokedInput(entry, ca.nowMs)),
    signingKey: ca.privateKey,
  });
}

function revokedInput(entry: Certificate | TestIdentity | RevokedInput, nowMs: number): RevokedInput {
  if ('revokedAtMs' in entry) return entry;
  const { serialNumber } = 'certificate' in entry ? entry.certificate : entry;
  return { serialNumber, revokedAtMs: nowMs - 7_200_000 };
}
