import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Certificate, certificateAddresses, formatName } from '../../src/pki/certificate.ts';
import { PkiError } from '../../src/pki/error.ts';
import { validatePath } from '../../src/pki/path.ts';
import { readCertificates } from '../../src/pki/pem.ts';
import { openPkcs12 } from '../../src/pki/pkcs12.ts';
import { keyMatchesCertificate, parsePrivateKey } from '../../src/pki/private-key.ts';
import { corpusFolder } from '../kit/corpora.ts';
import { answerTo, unaskedRows } from './pki-differences.ts';

interface CertificateRow {
  readonly file: string;
  readonly subject: string;
  readonly hasPrivateKey: boolean;
  readonly smimesignAt2026: boolean;
  readonly smimeencryptAt2026: boolean;
}

interface EaiRow {
  readonly ca: string;
  readonly cert: string;
  readonly expect: 'valid' | 'invalid';
  readonly mailbox?: string;
}

const corpus = 'openssl-cms';
const folder = corpusFolder(corpus);
const expectations = folder && JSON.parse(readFileSync(join(folder, 'expectations.json'), 'utf8'));
const certificates: readonly CertificateRow[] = expectations?.certificates ?? [];
const eai: readonly EaiRow[] = expectations?.eai ?? [];
const pkcs12: readonly { readonly file: string; readonly password: string; readonly expect: string }[] =
  expectations?.pkcs12 ?? [];

function certificatesOf(file: string): readonly Certificate[] {
  return readCertificates(readFileSync(join(folder!, file)));
}

const purposes = ['smimesign', 'smimeencrypt'] as const;

describe.skipIf(folder === undefined)('the certificates of the tests of OpenSSL', () => {
  it.each(
    certificates.flatMap((row) => purposes.map((purpose) => [row.file, purpose, row] as const)),
  )('%s for %s', (file, purpose, row) => {
    const expected = answerTo(`${corpus}/${file}#${purpose}`, row[`${purpose}At2026`] ? 'valid' : 'invalid');
    const verdict = validatePath({
      certificate: certificatesOf(file)[0]!,
      untrusted: [],
      trustAnchors: certificatesOf('smime-certs/smroot.pem'),
      atMs: Date.parse('2026-06-01T00:00:00Z'),
      purpose,
    });
    const code = verdict.status === 'valid' ? 'valid' : verdict.code;
    expect(expected === 'invalid' ? verdict.status : code).toBe(expected);
  });

  it.each(
    certificates.map((row) => [row.file, row] as const),
  )('%s names its subject, and its key is its own', (file, row) => {
    const [certificate] = certificatesOf(file);
    expect(formatName(certificate!.subject)).toBe(row.subject);
    if (!row.hasPrivateKey) return;
    const key = parsePrivateKey(readFileSync(join(folder!, file)));
    expect(keyMatchesCertificate(key, certificate!)).toBe(true);
  });

  it('differ nowhere else', () => {
    const rows = unaskedRows(corpus).filter((row) => row.includes('#'));
    expect(rows).toEqual([]);
  });
});

describe.skipIf(folder === undefined)('internationalised mail addresses in certificates', () => {
  it.each(eai.map((row) => [row.cert, row.ca, row] as const))('%s under %s', (cert, ca, row) => {
    const [certificate] = certificatesOf(cert);
    const verdict = validatePath({
      certificate: certificate!,
      untrusted: [],
      trustAnchors: certificatesOf(ca),
      atMs: certificate!.notBeforeMs + 1000,
      purpose: 'any',
    });
    expect(verdict.status).toBe(row.expect);
    if (row.mailbox === undefined) return;
    const [localPart, domain] = row.mailbox.split('@');
    const { hostname } = new URL(`http://${domain}`);
    expect(certificateAddresses(certificate!)).toEqual([`${localPart}@${hostname}`]);
  });
});

describe.skipIf(folder === undefined)('the PKCS#12 files of the tests of OpenSSL', () => {
  it.each(pkcs12.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const expected = answerTo(`${corpus}/${file}`, row.expect);
    let ours: string;
    try {
      ours =
        openPkcs12(readFileSync(join(folder!, file)), row.password).certificates.length > 0 ? 'ok' : 'empty';
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      ours = error.code;
    }
    expect(expected === 'reject' ? ours !== 'ok' && ours !== 'empty' : ours === expected, ours).toBe(true);
  });

  it('differ nowhere else', () => {
    expect(unaskedRows(corpus)).toEqual([]);
  });
});
