import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { derContext, derInteger, derNull, derOctetString, derSequence, readAsn1 } from '../pki/der.ts';
import { makeName } from '../pki/name.ts';
import { oids } from '../pki/oid.ts';
import {
  derIssuerAndSerialNumber,
  describeIdentifier,
  namesThisCertificate,
  readCertificateIdentifier,
  readIssuerAndSerialNumber,
} from './certificate-identifier.ts';

const ca = makeTestCa({ name: 'Example CA' });
const [alice, bob] = ['alice', 'bob'].map(
  (name) => ca.issue({ address: `${name}@example.org`, algorithm: 'ec-p256' }).certificate,
);

describe('the name of a certificate in CMS', () => {
  it('by issuer and serial number is read as it was written', () => {
    const identifier = readIssuerAndSerialNumber(readAsn1(derIssuerAndSerialNumber(alice!)));
    expect([alice!, bob!].map((one) => namesThisCertificate(identifier, one))).toEqual([true, false]);
    expect(describeIdentifier(identifier)).toBe(`serial:${Buffer.from(alice!.serialNumber).toString('hex')}`);
  });

  it('by key identifier fits only a certificate that has it', () => {
    const identifier = readCertificateIdentifier(
      readAsn1(derContext(0, alice!.subjectKeyIdentifier!, false)),
    );
    expect([alice!, bob!].map((one) => namesThisCertificate(identifier, one))).toEqual([true, false]);
    const { subjectKeyIdentifier: _, ...without } = alice!;
    expect(namesThisCertificate(identifier, without as typeof bob & object)).toBe(false);
    expect(describeIdentifier(identifier)).toMatch(/^ski:[0-9a-f]{40}$/);
  });

  it('fits an issuer that was written with other string types, and no other issuer', () => {
    const rewritten = (name: string) =>
      readIssuerAndSerialNumber(
        readAsn1(derSequence(makeName([[oids.commonName, name]]).der, derInteger(alice!.serialNumber))),
      );
    expect(namesThisCertificate(rewritten('EXAMPLE  CA'), alice!)).toBe(true);
    expect(namesThisCertificate(rewritten('Example CB'), alice!)).toBe(false);
  });

  it('of a kind that is unknown fits nothing, and a malformed one is an error', () => {
    const other = readCertificateIdentifier(readAsn1(derContext(5, derNull(), true)));
    expect(other).toEqual({ type: 'other' });
    expect(namesThisCertificate(other, alice!)).toBe(false);
    expect(() => readCertificateIdentifier(undefined)).toThrow(
      expect.objectContaining({ code: 'malformed-cms' }),
    );
    expect(() => readIssuerAndSerialNumber(readAsn1(derSequence(derOctetString(new Uint8Array(1)))))).toThrow(
      expect.objectContaining({ code: 'malformed-cms' }),
    );
  });
});
