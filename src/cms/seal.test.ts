import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyAlgorithm, makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { contentInfo, parseAs } from '../../test/kit/forge-cms.ts';
import { derBitString, derSequence, readAsn1, readBitString, readSequence } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { parseContentInfo } from './content-info.ts';
import { describeContentEncryption, describeRecipients } from './describe.ts';
import { namesCertificate, openEnveloped } from './open.ts';
import { type SealCipher, sealContent } from './seal.ts';

const ciphers: readonly SealCipher[] = [
  'aes-256-gcm',
  'aes-128-gcm',
  'aes-256-cbc',
  'aes-128-cbc',
  'chacha20-poly1305',
];
const algorithms: readonly KeyAlgorithm[] = ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'x25519'];

let ca: TestCa;
const recipients = new Map<KeyAlgorithm, TestIdentity>();
beforeAll(() => {
  ca = makeTestCa();
  for (const algorithm of algorithms) {
    recipients.set(algorithm, ca.issue({ address: `${algorithm}@example.org`, use: 'encrypt', algorithm }));
  }
});

function envelopeOf(der: Uint8Array) {
  const info = parseContentInfo(der);
  if (info.type !== 'enveloped' && info.type !== 'authEnveloped') throw new Error(`read as ${info.type}`);
  return info;
}

describe('sealing', () => {
  it('is undone by opening, for every cipher, every kind of key and any content', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...ciphers),
        fc.constantFrom(...algorithms),
        (content, cipher, algorithm) => {
          const recipient = recipients.get(algorithm)!;
          const sealed = sealContent(content, cipher);
          const der = Buffer.concat([sealed.headFor(recipient.certificate), sealed.tail]);
          const outcome = openEnveloped(envelopeOf(der), [recipient]);
          expect(outcome).toMatchObject({ status: 'opened', contentEncryption: cipher });
          if (outcome.status === 'opened') expect(Buffer.from(outcome.content)).toEqual(Buffer.from(content));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('writes DER, with one RecipientInfo that names nobody else', () => {
    const everyone = [...recipients.values()];
    for (const cipher of ciphers) {
      const sealed = sealContent(Buffer.from('x'.repeat(70_000)), cipher);
      for (const { certificate } of everyone) {
        const der = Buffer.concat([sealed.headFor(certificate), sealed.tail]);
        forceRead(readAsn1(der, { strict: true }));
        const info = envelopeOf(der);
        expect(info.recipientInfos).toHaveLength(1);
        expect(everyone.filter((one) => namesCertificate(info, one.certificate))).toHaveLength(1);
        expect(describeContentEncryption(info)).toBe(cipher);
        const agrees = info.recipientInfos[0]!.type === 'kari';
        expect(info.version).toBe(agrees && info.type === 'enveloped' ? 2 : 0);
      }
    }
  });

  it('names the algorithm that fits the key', () => {
    const sealed = sealContent(Buffer.from('text'), 'aes-128-gcm');
    const names = algorithms.map((algorithm) => {
      const der = sealed.der([recipients.get(algorithm)!.certificate]);
      return describeRecipients(envelopeOf(der))[0]!.algorithm;
    });
    expect(names).toEqual(['rsaes-pkcs1', 'ecdh-sha256', 'ecdh-sha384', 'ecdh-sha512', 'x25519-hkdf-sha256']);
  });

  it('uses OAEP where it is asked for, or where the certificate binds the key to it', () => {
    const rsa = recipients.get('rsa-2048')!;
    const sealed = sealContent(Buffer.from('text'), 'aes-256-cbc');
    const asked = envelopeOf(sealed.der([rsa.certificate], { keyTransport: 'rsaes-oaep' }));
    expect(describeRecipients(asked)[0]!.algorithm).toBe('rsaes-oaep');
    expect(openEnveloped(asked, [rsa])).toMatchObject({ status: 'opened' });
    const key = readBitString(readSequence(readAsn1(rsa.certificate.spki))[1]).bytes;
    const publicKeyAlgorithm = {
      oid: oids.rsaesOaep,
      parameters: undefined,
      raw: derAlgorithm(oids.rsaesOaep),
    };
    const bound = {
      ...rsa.certificate,
      sha256: 'another',
      publicKeyAlgorithm,
      spki: derSequence(publicKeyAlgorithm.raw, derBitString(key)),
    };
    const info = envelopeOf(sealed.der([bound]));
    expect(describeRecipients(info)[0]!.algorithm).toBe('rsaes-oaep');
    expect(openEnveloped(info, [rsa])).toMatchObject({ status: 'opened' });
  });

  it('shares one tail between all copies and one ephemeral key between all recipients of a curve', () => {
    const sealed = sealContent(Buffer.from('text'), 'aes-256-gcm');
    const another = ca.issue({ address: 'second@example.org', use: 'encrypt', algorithm: 'ec-p256' });
    const originators = [recipients.get('ec-p256')!, another].map(({ certificate }) => {
      const der = Buffer.concat([sealed.headFor(certificate), sealed.tail]);
      const [info] = envelopeOf(der).recipientInfos;
      return info?.type === 'kari' ? Buffer.from(info.originatorKey!.publicKey).toString('hex') : '';
    });
    expect(originators[0]).toBe(originators[1]);
    const other = sealContent(Buffer.from('text'), 'aes-256-gcm');
    expect(other.tail).not.toEqual(sealed.tail);
  });

  it('writes one message for several, which each of them opens', () => {
    const everyone = [...recipients.values()];
    const der = sealContent(Buffer.from('text'), 'aes-256-cbc').der(
      everyone.map(({ certificate }) => certificate),
    );
    forceRead(readAsn1(der, { strict: true }));
    for (const one of everyone)
      expect(openEnveloped(envelopeOf(der), [one])).toMatchObject({ status: 'opened' });
    expect(() => sealContent(Buffer.from('text'), 'aes-256-cbc').der([])).toThrow(
      expect.objectContaining({ code: 'cannot-encrypt-to' }),
    );
  });

  it('refuses certificates whose keys neither transport nor agree on keys', () => {
    const sealed = sealContent(Buffer.from('text'), 'aes-256-gcm');
    const signing = ca.issue({ address: 'sign@example.org', algorithm: 'ed25519' });
    const pss = ca.issue({ address: 'pss@example.org', algorithm: 'rsa-pss-2048' });
    const small = ca.issue({
      address: 'k@example.org',
      keys: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
    });
    for (const { certificate } of [signing, pss, small]) {
      expect(() => sealed.headFor(certificate)).toThrow(
        expect.objectContaining({ code: 'cannot-encrypt-to' }),
      );
    }
  });

  it('shows its key to nobody', () => {
    const sealed = sealContent(Buffer.from('text'), 'aes-256-gcm');
    expect(Object.keys(sealed).sort()).toEqual(['cipher', 'tail']);
    expect(inspect(sealed, { showHidden: true, depth: 5 })).not.toContain('#key');
    expect(JSON.stringify(sealed)).not.toContain('key');
  });

  it('takes no bytes beyond the message', () => {
    const der = sealContent(Buffer.from('text'), 'aes-256-cbc').der([
      recipients.get('rsa-2048')!.certificate,
    ]);
    expect(() => parseContentInfo(Buffer.concat([der, Uint8Array.of(0)]))).toThrow(
      expect.objectContaining({ code: 'not-cms' }),
    );
    expect(parseAs('other', contentInfo('1.2.3', der))).toEqual({ type: 'other', contentType: '1.2.3' });
  });
});

function forceRead(node: ReturnType<typeof readAsn1>): void {
  for (const child of node.children) forceRead(child);
}
