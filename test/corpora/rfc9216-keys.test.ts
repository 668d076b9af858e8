import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Certificate,
  certificateAddresses,
  formatName,
  parseCertificate,
} from '../../src/pki/certificate.ts';
import { parseCertificateList } from '../../src/pki/crl.ts';
import { createCrl } from '../../src/pki/issue.ts';
import { oids } from '../../src/pki/oid.ts';
import { type Purpose, validatePath } from '../../src/pki/path.ts';
import { readCertificates } from '../../src/pki/pem.ts';
import { openPkcs12 } from '../../src/pki/pkcs12.ts';
import { keyMatchesCertificate, parsePrivateKey } from '../../src/pki/private-key.ts';
import { corpusFolder } from '../kit/corpora.ts';

interface CertificateRow {
  readonly file: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serialHex: string;
  readonly sha256: string;
  readonly emails: readonly string[];
  readonly keyUsage: readonly string[];
  readonly emailProtection: boolean;
  readonly ca: boolean;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly privateKey?: string;
}

interface ChainRow {
  readonly cert: string;
  readonly trustAnchor: string;
  readonly intermediate: string | null;
  readonly purpose: Purpose;
  /** null: OpenSSL does not know this purpose for X25519. */
  readonly valid: boolean | null;
}

const folder = corpusFolder('rfc9216-keys');
const expectations = folder && JSON.parse(readFileSync(join(folder, 'expectations.json'), 'utf8'));
const certificates: readonly CertificateRow[] = expectations?.certificates ?? [];
const chains: readonly ChainRow[] = expectations?.chains ?? [];
const pkcs12: readonly { readonly file: string; readonly password: string }[] = expectations?.pkcs12 ?? [];
const atMs = Date.parse('2026-06-01T00:00:00Z');

function bytesOf(file: string): Uint8Array {
  return readFileSync(join(folder!, file));
}

function certificateOf(file: string): Certificate {
  return readCertificates(bytesOf(file))[0]!;
}

/** Names of the corpus for bits of the key usage. */
const usageNames: Readonly<Record<string, string>> = {
  digitalSignature: 'digital_signature',
  nonRepudiation: 'content_commitment',
  keyEncipherment: 'key_encipherment',
  keyAgreement: 'key_agreement',
  keyCertSign: 'key_cert_sign',
  cRLSign: 'crl_sign',
};

describe.skipIf(folder === undefined)('the sample keys of RFC 9216', () => {
  it.each(certificates.map((row) => [row.file, row] as const))('%s reads as the table says', (file, row) => {
    const certificate = certificateOf(file);
    expect(formatName(certificate.subject)).toBe(row.subject);
    expect(formatName(certificate.issuer)).toBe(row.issuer);
    expect(certificate.serial.replace(/^0/, '')).toBe(row.serialHex);
    expect(certificate.sha256).toBe(row.sha256);
    expect(certificateAddresses(certificate)).toEqual(row.emails);
    expect([...(certificate.keyUsage ?? [])].map((bit) => usageNames[bit])).toEqual(row.keyUsage);
    expect(certificate.extendedKeyUsage?.includes(oids.emailProtection) ?? false).toBe(row.emailProtection);
    expect(certificate.basicConstraints?.ca ?? false).toBe(row.ca);
    expect(certificate.notBeforeMs).toBe(Date.parse(row.notBefore));
    expect(certificate.notAfterMs).toBe(Date.parse(row.notAfter));
  });

  it.each(
    certificates.filter(({ privateKey }) => privateKey !== undefined).map((row) => [row.file, row] as const),
  )('%s belongs to its private key and to no other', (file, row) => {
    const other = file.startsWith('alice') ? 'bob.sign.key' : 'alice.sign.key';
    expect(keyMatchesCertificate(parsePrivateKey(bytesOf(row.privateKey!)), certificateOf(file))).toBe(true);
    expect(keyMatchesCertificate(parsePrivateKey(bytesOf(other)), certificateOf(file))).toBe(false);
  });

  it.each(
    chains.map((row) => [row.cert, row.trustAnchor, row.intermediate, row.purpose, row] as const),
  )('%s under %s over %s for %s', (cert, trustAnchor, intermediate, purpose, row) => {
    const verdict = validatePath({
      certificate: certificateOf(cert),
      untrusted: intermediate === null ? [] : [certificateOf(intermediate)],
      trustAnchors: [certificateOf(trustAnchor)],
      atMs,
      purpose,
    });
    // The rows without an answer are encryption to X25519, which we know: valid wherever the same signer is.
    const asSigner = chains.find(
      (other) =>
        other.cert === cert.replace('encrypt', 'sign') &&
        other.trustAnchor === trustAnchor &&
        other.intermediate === intermediate &&
        other.purpose === 'smimesign',
    );
    expect(verdict.status === 'valid').toBe(row.valid ?? asSigner!.valid);
  });

  it('finds its way over the cross certificates when both authorities sign each other', () => {
    const verdict = validatePath({
      certificate: certificateOf('dana.sign.crt'),
      untrusted: ['ca.rsa.cross.crt', 'ca.25519.cross.crt', 'ca.25519.crt'].map(certificateOf),
      trustAnchors: [certificateOf('ca.rsa.crt')],
      atMs,
      purpose: 'smimesign',
    });
    expect(verdict).toMatchObject({ status: 'valid' });
    expect(verdict.path).toHaveLength(3);
  });

  it('refuses what a CRL of the Ed25519 authority revokes', () => {
    const issuer = certificateOf('ca.25519.crt');
    const certificate = certificateOf('carlos.sign.crt');
    const crl = createCrl({
      issuer: issuer.subject,
      thisUpdateMs: atMs - 1000,
      nextUpdateMs: atMs + 1000,
      revoked: [{ serialNumber: certificate.serialNumber, revokedAtMs: atMs - 1000, reason: 1 }],
      signingKey: parsePrivateKey(bytesOf('ca.25519.key')),
    });
    const crls = [parseCertificateList(crl)];
    const input = { untrusted: [], trustAnchors: [issuer], crls, crlCheck: 'require', atMs } as const;
    expect(validatePath({ ...input, certificate, purpose: 'smimesign' })).toMatchObject({ code: 'revoked' });
    const encrypting = certificateOf('carlos.encrypt.crt');
    expect(validatePath({ ...input, certificate: encrypting, purpose: 'smimeencrypt' })).toMatchObject({
      status: 'valid',
    });
  });

  it.each(
    pkcs12.map(({ file, password }) => [file, password] as const),
  )('%s opens with its password', (file, password) => {
    const opened = openPkcs12(bytesOf(file), password, { legacy: true });
    expect(opened.keys).toHaveLength(2);
    expect(opened.certificates).toHaveLength(3);
    const publicKeys = opened.keys.map(({ key }) => createPublicKey(key));
    const matching = opened.certificates.filter((certificate) =>
      publicKeys.some((key) =>
        key.export({ format: 'der', type: 'spki' }).equals(Buffer.from(certificate.spki)),
      ),
    );
    expect(matching).toHaveLength(2);
    expect(opened.certificates.filter(({ der }) => parseCertificate(der).basicConstraints?.ca)).toHaveLength(
      1,
    );
  });

  it.each(
    pkcs12.map(({ file, password }) => [file, password] as const),
  )('%s needs the option for old ciphers', (file, password) => {
    expect(() => openPkcs12(bytesOf(file), password)).toThrowError(
      expect.objectContaining({ code: 'weak-encryption' }),
    );
  });
});
