import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { contentInfo, forgeSigned, parseAs } from '../../test/kit/forge-cms.ts';
import {
  derContext,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derUtf8String,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { parseContentInfo } from './content-info.ts';
import { maxRecipientInfos } from './enveloped-data.ts';
import { CmsError } from './error.ts';
import { openEnveloped } from './open.ts';
import { sealContent } from './seal.ts';
import { formatCertsOnly, signContent } from './sign.ts';
import { maxCertificates, maxSignerInfos } from './signed-data.ts';
import { verifySignerInfo } from './verify.ts';

const content = Buffer.from('Content-Type: text/plain\r\n\r\ntext\r\n');
let alice: TestIdentity;
let samples: readonly Uint8Array[];
beforeAll(() => {
  const ca = makeTestCa();
  alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
  const rsa = ca.issue({ address: 'rsa@example.org' });
  const signer = { certificate: alice.certificate, privateKey: alice.privateKey, chain: ca.chain };
  samples = [
    signContent({ content, detached: false, signer, atMs: ca.nowMs }),
    signContent({ content, detached: true, signer, atMs: ca.nowMs }),
    sealContent(content, 'aes-256-gcm').der([alice.certificate, rsa.certificate]),
    sealContent(content, 'aes-128-cbc').der([rsa.certificate]),
    formatCertsOnly([alice.certificate]),
  ];
});

/** Reads, opens and verifies whatever stands in the bytes; only errors of the folder may come out. */
function useAll(bytes: Uint8Array): void {
  try {
    const info = parseContentInfo(bytes);
    if (info.type === 'enveloped' || info.type === 'authEnveloped')
      openEnveloped(info, [alice], { legacy: true, password: '' });
    if (info.type === 'signed') {
      for (const signer of info.signerInfos)
        verifySignerInfo(info, signer, info.eContent ?? content, { legacy: true });
    }
  } catch (error) {
    expect(error).toBeInstanceOf(CmsError);
  }
}

describe('reading a ContentInfo', () => {
  it('gives a value or a CmsError for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), useAll), { numRuns: 500 });
  });

  it('gives a value or a CmsError for real structures in which bytes were changed, cut, doubled or put in', () => {
    const edit = fc.record({
      sample: fc.nat(4),
      at: fc.nat(),
      kind: fc.constantFrom('set', 'cut', 'double', 'insert'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      length: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let bytes = Buffer.from(samples[edits[0]!.sample]!);
        for (const { at, kind, bytes: piece, length } of edits) {
          const from = at % bytes.length;
          const [before, after] = [bytes.subarray(0, from), bytes.subarray(from)];
          if (kind === 'set') bytes = Buffer.concat([before, piece, after.subarray(piece.length)]);
          else if (kind === 'cut') bytes = Buffer.concat([before, after.subarray(length)]);
          else if (kind === 'double') bytes = Buffer.concat([before, after.subarray(0, length), after]);
          else bytes = Buffer.concat([before, piece, after]);
          if (bytes.length === 0) return;
        }
        const start = cpuNow();
        useAll(bytes);
        expect(cpuNow() - start).toBeLessThan(5000);
      }),
      { numRuns: 1500 },
    );
  });

  it('tells the types apart, and reports what it does not know', () => {
    const data = parseAs('data', contentInfo(oids.data, derOctetString(content)));
    expect(Buffer.from(data.content)).toEqual(content);
    expect(parseAs('other', contentInfo('1.2.3.4', derNull()))).toEqual({
      type: 'other',
      contentType: '1.2.3.4',
    });
    expect(samples.map((bytes) => parseContentInfo(bytes).type)).toEqual([
      'signed',
      'signed',
      'authEnveloped',
      'enveloped',
      'signed',
    ]);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', Buffer.from('hello')],
    ['another SEQUENCE', derSequence(derInteger(1), derInteger(2))],
    ['no content', derSequence(derOid(oids.signedData))],
    ['content without its tag', derSequence(derOid(oids.data), derOctetString(content))],
  ])('says not-cms for %s', (_name, bytes) => {
    expect(() => parseContentInfo(bytes)).toThrow(expect.objectContaining({ code: 'not-cms' }));
  });

  it.each([
    ['signed data that is an integer', contentInfo(oids.signedData, derInteger(1))],
    ['enveloped data without content', contentInfo(oids.envelopedData, derSequence(derInteger(0), derSet()))],
    ['content that is no OCTET STRING', signedWith(derExplicit(0, derUtf8String('x')))],
    ['content twice', signedWith(derExplicit(0, derOctetString(content)), derNull())],
  ])('says malformed-cms for %s', (_name, bytes) => {
    expect(() => parseContentInfo(bytes)).toThrow(expect.objectContaining({ code: 'malformed-cms' }));
  });

  it('has limits on certificates, signers and recipients', () => {
    const nulls = (count: number) => Buffer.concat(Array.from({ length: count }, () => derNull()));
    const codeOf = (bytes: Uint8Array) => {
      try {
        return parseContentInfo(bytes).type;
      } catch (error) {
        return (error as CmsError).code;
      }
    };
    expect(codeOf(signed(nulls(maxCertificates + 1), nulls(0)))).toBe('too-many-certificates');
    expect(codeOf(signed(nulls(maxCertificates), nulls(0)))).toBe('signed');
    expect(codeOf(signed(nulls(0), nulls(maxSignerInfos + 1)))).toBe('too-many-signers');
    const envelope = derSequence(derInteger(0), derContext(17, nulls(0), true), derNull());
    expect(codeOf(contentInfo(oids.envelopedData, envelope))).toBe('malformed-cms');
    const many = Array.from({ length: maxRecipientInfos + 1 }, () => derContext(9, derNull(), true));
    const recipients = derSet(...many);
    expect(codeOf(contentInfo(oids.envelopedData, derSequence(derInteger(0), recipients, derNull())))).toBe(
      'too-many-recipients',
    );
  });

  it('counts certificates of other formats and broken ones, and reads the others', () => {
    const der = forgeSigned({ signer: alice, content });
    const info = parseAs('signed', der);
    expect(info.unreadable).toBe(0);
    const attributeCertificate = derContext(2, derNull(), true);
    const broken = derSequence(derInteger(1));
    const bag = Buffer.concat([attributeCertificate, broken, alice.certificate.der]);
    const mixed = parseAs('signed', signed(bag, new Uint8Array(0)));
    expect(mixed.unreadable).toBe(2);
    expect(mixed.certificates.map(({ sha256 }) => sha256)).toEqual([alice.certificate.sha256]);
  });

  it('reads content in pieces of indefinite length, once, in linear time', () => {
    const chunk = Buffer.concat([Uint8Array.of(4, 1), Buffer.from('x')]);
    const pieces = Buffer.concat(Array.from({ length: 300_000 }, () => chunk));
    const octets = Buffer.concat([Uint8Array.of(0x24, 0x80), pieces, Uint8Array.of(0, 0)]);
    const start = cpuNow();
    const { eContent } = parseAs('signed', signedWith(derExplicit(0, octets)));
    expect(eContent?.length).toBe(300_000);
    expect(cpuNow() - start).toBeLessThan(20_000);
  });

  it('refuses thousands of nested indefinite lengths at once', () => {
    const nested = Buffer.alloc(40_000, Uint8Array.of(0x30, 0x80));
    const start = cpuNow();
    expect(() => parseContentInfo(nested)).toThrow(CmsError);
    expect(cpuNow() - start).toBeLessThan(5000);
  });
});

function signedWith(...content: readonly Uint8Array[]): Uint8Array {
  const encapsulated = derSequence(derOid(oids.data), ...content);
  return contentInfo(oids.signedData, derSequence(derInteger(1), derSet(), encapsulated, derSet()));
}

function signed(certificates: Uint8Array, signers: Uint8Array): Uint8Array {
  const bag = derContext(0, certificates, true);
  return contentInfo(
    oids.signedData,
    derSequence(
      derInteger(1),
      derSet(derAlgorithm(oids.sha256)),
      derSequence(derOid(oids.data)),
      bag,
      derSet(signers),
    ),
  );
}
