import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateAddresses } from '../../src/pki/certificate.ts';
import type { CertificateList } from '../../src/pki/crl.ts';
import { PkiError } from '../../src/pki/error.ts';
import { readCertificates, readCrls } from '../../src/pki/pem.ts';
import { openPkcs12 } from '../../src/pki/pkcs12.ts';
import { corpusFolder } from '../kit/corpora.ts';
import { answerTo, needlessDifference, pkiDifferences, unaskedRows } from './pki-differences.ts';

const corpus = 'x509-pkcs-vectors';
const folder = corpusFolder(corpus);

interface CertificateRow {
  readonly file: string;
  readonly parses?: boolean;
  readonly rfc822Names?: readonly string[];
}

interface CrlRow {
  readonly file: string;
  readonly parses: boolean;
  readonly revoked?: number;
  readonly lastUpdate?: string;
  readonly nextUpdate?: string;
}

interface Pkcs12Row {
  readonly file: string;
  readonly password: string | null;
  readonly hasKey: boolean;
  readonly hasCert: boolean;
  readonly friendlyName: string | null;
  readonly additionalCerts: readonly (string | null)[];
}

const expectations = folder && JSON.parse(readFileSync(join(folder, 'expectations.json'), 'utf8'));
const certificates: readonly CertificateRow[] = expectations?.certificates ?? [];
const crls: readonly CrlRow[] = expectations?.crls ?? [];
const pkcs12: readonly Pkcs12Row[] = expectations?.pkcs12 ?? [];

function bytesOf({ file }: { readonly file: string }): Uint8Array {
  return readFileSync(join(folder!, file));
}

/** `parsed`, or the code of what was refused; any other error is a bug and passes through. */
function outcome(read: () => readonly unknown[]): string {
  try {
    return read().length > 0 ? 'parsed' : 'nothing';
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

/** The words of the corpus put beside ours: what does not parse has some code of ours, or is found to be none. */
function matches(ours: string, expected: string): boolean {
  return expected === 'refused' ? ours !== 'parsed' : ours === expected;
}

describe.skipIf(folder === undefined)('the certificates of pyca', () => {
  it.each(
    certificates.filter(({ parses }) => parses !== undefined).map((row) => [row.file, row] as const),
  )('%s', (file, row) => {
    const expected = answerTo(`${corpus}/${file}`, row.parses ? 'parsed' : 'refused');
    const ours = outcome(() => readCertificates(bytesOf(row)));
    expect(matches(ours, expected), ours).toBe(true);
  });

  it.each(
    certificates.filter(({ parses }) => parses === undefined).map((row) => [row.file, row] as const),
  )('%s is read or refused by a code', (_file, row) => {
    expect(outcome(() => readCertificates(bytesOf(row)))).toMatch(/^(parsed|[a-z0-9-]+)$/);
  });

  it.each(
    certificates
      .filter(({ rfc822Names = [] }) => rfc822Names.length > 0)
      .map((row) => [row.file, row] as const),
  )('%s gives plain addresses and nothing that only looks like one', (_file, row) => {
    const isPlain = (name: string): boolean => /^[a-z0-9.+-]+@[a-z0-9.-]+$/.test(name);
    const [certificate] = readCertificates(bytesOf(row));
    expect(certificateAddresses(certificate!)).toEqual(row.rfc822Names!.filter(isPlain));
  });
});

describe.skipIf(folder === undefined)('the CRLs of pyca', () => {
  it.each(crls.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const expected = answerTo(`${corpus}/${file}`, row.parses ? 'parsed' : 'refused');
    let crl: CertificateList | undefined;
    const ours = outcome(() => {
      const read = readCrls(bytesOf(row));
      [crl] = read;
      return read;
    });
    expect(matches(ours, expected), ours).toBe(true);
    if (crl !== undefined && row.parses) {
      expect(crl.size).toBe(row.revoked);
      expect(crl.thisUpdateMs).toBe(Date.parse(row.lastUpdate!));
      expect(crl.nextUpdateMs).toBe(row.nextUpdate === 'None' ? undefined : Date.parse(row.nextUpdate!));
    }
  });
});

describe.skipIf(folder === undefined)('the PKCS#12 files of pyca', () => {
  it.each(pkcs12.map((row) => [row.file, row] as const))('%s', (_file, row) => {
    const opened = openPkcs12(bytesOf(row), row.password ?? undefined, { legacy: true });
    expect(opened.keys.length > 0).toBe(row.hasKey);
    const own = opened.certificateBags.filter(
      ({ localKeyId }) =>
        localKeyId !== undefined && opened.keys.some((key) => key.localKeyId === localKeyId),
    );
    expect(own.length > 0).toBe(row.hasCert);
    if (row.friendlyName !== null) expect(own[0]!.friendlyName).toBe(row.friendlyName);
    const others = opened.certificateBags.filter((bag) => !own.includes(bag));
    expect(others.map(({ friendlyName }) => friendlyName ?? null)).toEqual(row.additionalCerts);
  });

  it.each(
    pkcs12.filter(({ password }) => password !== null).map((row) => [row.file, row] as const),
  )('%s does not open with another password', (_file, row) => {
    expect(outcome(() => openPkcs12(bytesOf(row), 'another', { legacy: true }).keys)).toBe('wrong-password');
  });
});

describe.skipIf(folder === undefined)('the differences', () => {
  it('were all met, and each is one', () => {
    expect(unaskedRows(corpus)).toEqual([]);
    for (const { file, parses } of [...certificates, ...crls]) {
      expect(needlessDifference(`${corpus}/${file}`, parses ? 'parsed' : 'refused')).toBe(false);
    }
  });

  it('name files that exist, each with a reason', () => {
    for (const [row, { reason }] of Object.entries(pkiDifferences)) {
      const [name, ...path] = row.split('#')[0]!.split('/');
      const isCase = name === 'pkits';
      expect(isCase || existsSync(join(corpusFolder(name!)!, ...path)), row).toBe(true);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});
