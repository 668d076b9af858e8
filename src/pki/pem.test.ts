import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { concatBytes } from './der.ts';
import { PkiError } from './error.ts';
import { formatPem, parsePem, readCertificates, readCrls, readReadableCertificates } from './pem.ts';

const ca = makeTestCa();
const { certificate, certificatePem, privateKeyPem } = ca.issue({
  address: 'a@example.org',
  algorithm: 'ec-p256',
});

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('a text in PEM form', () => {
  it('gives back what was put in, in lines of 64 characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const pem = formatPem('CERTIFICATE', bytes);
        expect(parsePem(pem)).toEqual([{ label: 'CERTIFICATE', bytes, headers: new Map() }]);
        expect(Math.max(...pem.split('\n').map((line) => line.length))).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('may have text around its blocks, and any line ends', () => {
    const text = `Bag Attributes\n  friendlyName: x\n${certificatePem}subject=…\n${privateKeyPem}`.replaceAll(
      '\n',
      '\r\n',
    );
    expect(parsePem(text).map(({ label }) => label)).toEqual(['CERTIFICATE', 'PRIVATE KEY']);
    expect(readCertificates(utf8(text))).toHaveLength(1);
  });

  it('keeps the fields of an old encrypted key', () => {
    const [block] = parsePem(
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n',
    );
    expect(Object.fromEntries(block!.headers)).toEqual({
      'Proc-Type': '4,ENCRYPTED',
      'DEK-Info': 'AES-128-CBC,00',
    });
    expect([...block!.bytes]).toEqual([0, 0, 0]);
  });

  it.each([
    ['without an end', '-----BEGIN CERTIFICATE-----\nAAAA\n'],
    ['with the end of another', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    [
      'with another inside',
      '-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nAAAA\n-----END B-----\n-----END A-----\n',
    ],
    ['without base64', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['with broken base64', '-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n'],
    ['with other characters', '-----BEGIN CERTIFICATE-----\nAA*A\n-----END CERTIFICATE-----\n'],
    ['with a broken first line', '-----BEGIN CERTIFICATE\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('with a block %s is refused', (_what, text) => {
    expect(() => parsePem(text)).toThrowError(expect.objectContaining({ code: 'bad-pem' }));
  });

  it('has no blocks where a begin line stands inside of a line', () => {
    expect(parsePem('> -----BEGIN CERTIFICATE-----\nAAAA')).toEqual([]);
    expect(parsePem('')).toEqual([]);
  });

  it('of any kind is read or refused with a code', () => {
    const word = fc.constantFrom('-----BEGIN A-----', '-----END A-----', '\n', 'AAAA', 'x: y', '-----', ' ');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        try {
          parsePem(words.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError);
        }
      }),
    );
  });
});

describe('a file of certificates', () => {
  it('may be DER, several one after the other', () => {
    const both = concatBytes(certificate.der, ca.certificate.der, utf8('\n'));
    expect(readCertificates(both).map(({ sha256 }) => sha256)).toEqual([
      certificate.sha256,
      ca.certificate.sha256,
    ]);
  });

  it('may hold what OpenSSL writes as trusted', () => {
    const trusted = formatPem('TRUSTED CERTIFICATE', concatBytes(certificate.der, Uint8Array.of(0x30, 0)));
    expect(readCertificates(utf8(trusted))[0]!.sha256).toBe(certificate.sha256);
  });

  it('gives those that can be read where some cannot', () => {
    const broken = formatPem('CERTIFICATE', Uint8Array.of(0x30, 3, 2, 1, 0));
    const bytes = utf8(certificatePem + broken + ca.pem);
    expect(readReadableCertificates(bytes)).toMatchObject({ certificates: { length: 2 }, unreadable: 1 });
    expect(() => readCertificates(bytes)).toThrow(PkiError);
  });

  it('holds none where there is none', () => {
    expect(readCertificates(utf8(privateKeyPem))).toEqual([]);
    expect(readCertificates(new Uint8Array())).toEqual([]);
  });
});

describe('a file of CRLs', () => {
  it('may be PEM or DER', () => {
    expect(readCrls(utf8(ca.crlPem()))).toHaveLength(1);
    expect(readCrls(concatBytes(ca.crl(), ca.crl({ crlNumber: 2 })))).toHaveLength(2);
    expect(readCrls(utf8(ca.pem))).toEqual([]);
  });
});
