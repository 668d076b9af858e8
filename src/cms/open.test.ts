import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  hkdfSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { contentInfo, parseAs } from '../../test/kit/forge-cms.ts';
import {
  derContext,
  derExplicit,
  derImplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSetOf,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { derAttribute } from './attribute.ts';
import { derIssuerAndSerialNumber } from './certificate-identifier.ts';
import { parseContentInfo } from './content-info.ts';
import { describeContentEncryption, describeRecipients } from './describe.ts';
import { namesCertificate, openEnveloped } from './open.ts';
import { sealContent } from './seal.ts';

const content = Buffer.from('Content-Type: text/plain\r\n\r\nsealed\r\n');
const key = Buffer.alloc(16, 7);
const iv = Buffer.alloc(12, 9);
const cbcVector = Buffer.alloc(16, 3);

let ca: TestCa;
let alice: TestIdentity;
let bob: TestIdentity;
let carol: TestIdentity;
beforeAll(() => {
  ca = makeTestCa();
  alice = ca.issue({ address: 'alice@example.org', use: 'encrypt' });
  bob = ca.issue({ address: 'bob@example.org', use: 'encrypt' });
  carol = ca.issue({ address: 'carol@example.org', use: 'encrypt', algorithm: 'ec-p256' });
});

/** A KeyTransRecipientInfo for a recipient. */
function ktri(
  recipient: TestIdentity,
  contentKey: Uint8Array,
  algorithm = derAlgorithm(oids.rsaEncryption, derNull()),
): Uint8Array {
  const encrypted = publicEncrypt(
    { key: recipient.publicKey, padding: constants.RSA_PKCS1_PADDING },
    contentKey,
  );
  return ktriOf(recipient, encrypted, algorithm);
}

function ktriOf(
  recipient: TestIdentity,
  encrypted: Uint8Array,
  algorithm = derAlgorithm(oids.rsaEncryption, derNull()),
): Uint8Array {
  const rid = derIssuerAndSerialNumber(recipient.certificate);
  return derSequence(derInteger(0), rid, algorithm, derOctetString(encrypted));
}

function encryptedContent(algorithm: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return derSequence(derOid(oids.data), algorithm, derContext(0, ciphertext, false));
}

function enveloped(
  recipients: readonly Uint8Array[],
  encrypted: Uint8Array,
): ReturnType<typeof parseAs<'enveloped'>> {
  return parseAs(
    'enveloped',
    contentInfo(oids.envelopedData, derSequence(derInteger(0), derSet(...recipients), encrypted)),
  );
}

interface GcmChoices {
  readonly nonce?: Uint8Array;
  readonly tagBytes?: number;
  readonly namedTagBytes?: number | undefined;
  readonly aad?: Uint8Array;
  readonly authAttrs?: Uint8Array;
  readonly contentKey?: Uint8Array;
  readonly derivation?: boolean;
  readonly recipients?: readonly Uint8Array[];
}

function authEnveloped(choices: GcmChoices = {}): ReturnType<typeof parseAs<'authEnveloped'>> {
  const { nonce = iv, tagBytes = 16, aad = new Uint8Array(0), authAttrs, contentKey = key } = choices;
  const { recipients = [ktri(alice, key)] } = choices;
  const named = 'namedTagBytes' in choices ? choices.namedTagBytes : tagBytes;
  const parameters = derSequence(derOctetString(nonce), ...(named === undefined ? [] : [derInteger(named)]));
  const plain = derAlgorithm(oids.aes128Gcm, parameters);
  const algorithm = choices.derivation ? derAlgorithm(oids.cekHkdfSha256, plain) : plain;
  const cipher = createCipheriv('aes-128-gcm', contentKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return parseAs(
    'authEnveloped',
    contentInfo(
      oids.authEnvelopedData,
      derSequence(
        derInteger(0),
        derSet(...recipients),
        encryptedContent(algorithm, ciphertext),
        ...(authAttrs ? [authAttrs] : []),
        derOctetString(cipher.getAuthTag()),
      ),
    ),
  );
}

function cbcBytes(): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, cbcVector);
  return Buffer.concat([cipher.update(content), cipher.final()]);
}

function cbc(): Uint8Array {
  return encryptedContent(derAlgorithm(oids.aes128Cbc, derOctetString(cbcVector)), cbcBytes());
}

const opened = { status: 'opened' };
const failed = { status: 'failed' };

describe('opening an envelope', () => {
  it('tries only identities that a RecipientInfo names', () => {
    const info = enveloped([ktri(bob, randomBytes(16)), ktri(alice, key)], cbc());
    expect(openEnveloped(info, [carol, alice])).toMatchObject({ ...opened, recipientIndex: 1, aead: false });
    expect(openEnveloped(info, [carol])).toEqual({ status: 'not-for-us' });
    expect(openEnveloped(info, [])).toEqual({ status: 'not-for-us' });
    expect([alice, bob, carol].map(({ certificate }) => namesCertificate(info, certificate))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('tries each RecipientInfo that names us until one opens', () => {
    const info = enveloped(
      [ktri(alice, Buffer.alloc(3)), derContext(9, derNull(), true), ktri(alice, key)],
      cbc(),
    );
    expect(openEnveloped(info, [alice])).toMatchObject(opened);
  });

  it('finds one identity by its key identifier among several', () => {
    const rid = derImplicit(0, derOctetString(alice.certificate.subjectKeyIdentifier!));
    const encrypted = publicEncrypt({ key: alice.publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
    const recipient = derSequence(
      derInteger(2),
      rid,
      derAlgorithm(oids.rsaEncryption, derNull()),
      derOctetString(encrypted),
    );
    const info = enveloped([recipient], cbc());
    expect(openEnveloped(info, [bob, carol, alice])).toMatchObject(opened);
    expect(namesCertificate(info, alice.certificate)).toBe(true);
  });

  it('fails alike for a wrong key, wrong padding, a wrong length, a wrong algorithm and broken content', () => {
    const modulusBytes = 256;
    // What the tag covers opens under the right key alone, so that nothing else can be why these fail.
    const sealedUnder = (...recipients: readonly Uint8Array[]) =>
      openEnveloped(authEnveloped({ recipients }), [alice]);
    expect(sealedUnder(ktri(alice, key))).toMatchObject(opened);
    const outcomes = [
      sealedUnder(ktri(alice, Buffer.alloc(16, 8))),
      sealedUnder(ktri(alice, Buffer.alloc(5))),
      sealedUnder(ktri(alice, Buffer.alloc(64))),
      sealedUnder(ktriOf(alice, randomBytes(modulusBytes).fill(0, 0, 1))),
      sealedUnder(ktriOf(alice, Buffer.alloc(modulusBytes, 0xff))),
      sealedUnder(ktriOf(alice, Buffer.alloc(0))),
      sealedUnder(ktri(alice, key, derAlgorithm(oids.rsaesOaep))),
      sealedUnder(ktri(alice, key, derAlgorithm('1.2.3'))),
    ];
    for (const outcome of outcomes) expect(outcome).toEqual(failed);
  });

  it('fails alike for a cipher that is unknown, or without what it needs, and for content that is missing or cut', () => {
    const cipher = (parameters?: Uint8Array) => derAlgorithm(oids.aes128Cbc, parameters);
    const vector = derOctetString(cbcVector);
    const withContent = (...encrypted: Parameters<typeof encryptedContent>) =>
      openEnveloped(enveloped([ktri(alice, key)], encryptedContent(...encrypted)), [alice]);
    expect(withContent(cipher(vector), cbcBytes())).toMatchObject(opened);
    const nothing = derSequence(derOid(oids.data), cipher(vector));
    const outcomes = [
      withContent(derAlgorithm('1.2.3', vector), cbcBytes()),
      withContent(cipher(derOctetString(iv)), cbcBytes()),
      withContent(cipher(), cbcBytes()),
      withContent(cipher(vector), cbcBytes().subarray(0, -8)),
      openEnveloped(enveloped([ktri(alice, key)], nothing), [alice]),
    ];
    for (const outcome of outcomes) expect(outcome).toEqual(failed);
  });

  it('gives the same outcome each time for one ciphertext with wrong padding (implicit rejection)', () => {
    // The key that stands in opens one block in 256 or so. One that it opens shows whether it is the same each time.
    const wrongPadding = ktriOf(alice, randomBytes(256).fill(0, 0, 1));
    const algorithm = derAlgorithm(oids.aes128Cbc, derOctetString(cbcVector));
    const messageOf = () => enveloped([wrongPadding], encryptedContent(algorithm, randomBytes(16)));
    let chosen = messageOf();
    for (let tries = 0; tries < 10_000 && openEnveloped(chosen, [alice]).status === 'failed'; tries += 1)
      chosen = messageOf();
    const first = openEnveloped(chosen, [alice]);
    expect(first).toMatchObject(opened);
    for (let i = 0; i < 20; i += 1) expect(openEnveloped(chosen, [alice])).toEqual(first);
  });

  it('stops after a few attempts when a message names us again and again', () => {
    const broken = ktriOf(alice, randomBytes(256).fill(0, 0, 1));
    const behind = (count: number) =>
      openEnveloped(
        authEnveloped({ recipients: [...Array.from({ length: count }, () => broken), ktri(alice, key)] }),
        [alice],
      );
    expect(behind(7)).toMatchObject({ ...opened, recipientIndex: 7 });
    expect(behind(8)).toEqual(failed);
  });

  it('opens AES-GCM, its tag from 12 to 16 bytes, and takes no shorter one', () => {
    for (const tagBytes of [12, 13, 14, 15, 16]) {
      expect(openEnveloped(authEnveloped({ tagBytes }), [alice])).toMatchObject({ ...opened, aead: true });
    }
    expect(openEnveloped(authEnveloped({ tagBytes: 12, namedTagBytes: undefined }), [alice])).toMatchObject(
      opened,
    );
    for (const tagBytes of [4, 8])
      expect(openEnveloped(authEnveloped({ tagBytes }), [alice])).toEqual(failed);
    expect(openEnveloped(authEnveloped({ tagBytes: 12, namedTagBytes: 16 }), [alice])).toEqual(failed);
    expect(openEnveloped(authEnveloped({ tagBytes: 16, namedTagBytes: 12 }), [alice])).toEqual(failed);
    expect(openEnveloped(authEnveloped({ nonce: Buffer.alloc(4) }), [alice])).toEqual(failed);
  });

  it('takes the authenticated attributes as additional data, in DER', () => {
    const attributes = derSetOf(derAttribute(oids.contentType, derOid(oids.data)));
    const authAttrs = derImplicit(1, attributes);
    expect(openEnveloped(authEnveloped({ authAttrs, aad: attributes }), [alice])).toMatchObject(opened);
    expect(openEnveloped(authEnveloped({ authAttrs }), [alice])).toEqual(failed);
    expect(openEnveloped(authEnveloped({ aad: attributes }), [alice])).toEqual(failed);
  });

  it('derives the content-encryption key where the message says so (RFC 9709)', () => {
    const inner = derAlgorithm(oids.aes128Gcm, derSequence(derOctetString(iv), derInteger(16)));
    const contentKey = Buffer.from(hkdfSync('sha256', key, 'The Cryptographic Message Syntax', inner, 16));
    const info = authEnveloped({ derivation: true, contentKey });
    expect(openEnveloped(info, [alice])).toMatchObject({ ...opened, contentEncryption: 'aes-128-gcm' });
    expect(openEnveloped(authEnveloped({ derivation: true }), [alice])).toEqual(failed);
  });

  it('refuses an AEAD in EnvelopedData, and CBC in AuthEnvelopedData', () => {
    const gcm = authEnveloped();
    const { contentEncryptionAlgorithm, encryptedContent: bytes } = gcm.encryptedContentInfo;
    const asEnveloped = enveloped(
      [ktri(alice, key)],
      encryptedContent(contentEncryptionAlgorithm.raw, bytes!),
    );
    expect(openEnveloped(asEnveloped, [alice])).toEqual(failed);
    const der = derSequence(derInteger(0), derSet(ktri(alice, key)), cbc(), derOctetString(Buffer.alloc(16)));
    expect(
      openEnveloped(parseAs('authEnveloped', contentInfo(oids.authEnvelopedData, der)), [alice]),
    ).toEqual(failed);
  });

  it('opens what X448 agrees on', () => {
    const dave = ca.issue({ address: 'dave@example.org', use: 'encrypt', keys: generateKeyPairSync('x448') });
    const info = parseAs('authEnveloped', sealContent(content, 'aes-256-gcm').der([dave.certificate]));
    expect(openEnveloped(info, [dave])).toMatchObject(opened);
    expect(describeRecipients(info)).toMatchObject([{ type: 'kari', algorithm: 'x448-hkdf-sha512' }]);
  });

  it('refuses a key agreement with a point of another curve, off the curve, or all zero', () => {
    const x = ca.issue({ address: 'x@example.org', use: 'encrypt', algorithm: 'x25519' });
    for (const [recipient, point] of [
      [carol, Buffer.concat([Uint8Array.of(4), Buffer.alloc(64, 1)])],
      [carol, Uint8Array.of(0)],
      [carol, Buffer.concat([Uint8Array.of(4), Buffer.alloc(96, 1)])],
      [x, Buffer.alloc(32)],
      [x, Buffer.alloc(31, 1)],
    ] as const) {
      const sealed = sealContent(content, 'aes-128-gcm').der([recipient.certificate]);
      const info = parseAs('authEnveloped', sealed);
      const recipientInfo = info.recipientInfos[0]!;
      if (recipientInfo.type !== 'kari') throw new Error('not a key agreement');
      expect(openEnveloped(info, [recipient])).toMatchObject(opened);
      const originatorKey = { ...recipientInfo.originatorKey!, publicKey: point };
      expect(
        openEnveloped({ ...info, recipientInfos: [{ ...recipientInfo, originatorKey }] }, [recipient]),
      ).toEqual(failed);
    }
  });

  it('describes recipients of every kind, unknown ones too', () => {
    const other = derContext(4, Buffer.concat([derOid('1.2.840.113549.1.9.16.13.3'), derNull()]), true);
    const kek = derContext(
      2,
      Buffer.concat([
        derInteger(4),
        derSequence(derOctetString(Uint8Array.of(1))),
        derAlgorithm(oids.aes256Wrap),
        derOctetString(key),
      ]),
      true,
    );
    const info = enveloped([ktri(alice, key), other, kek, derContext(7, derNull(), true)], cbc());
    expect(describeRecipients(info)).toEqual([
      {
        type: 'ktri',
        algorithm: 'rsaes-pkcs1',
        id: `serial:${Buffer.from(alice.certificate.serialNumber).toString('hex')}`,
      },
      { type: 'ori', algorithm: '1.2.840.113549.1.9.16.13.3', id: '' },
      { type: 'kekri', algorithm: 'aes-256-wrap', id: 'kek:01' },
      { type: 'ori', algorithm: '', id: '' },
    ]);
    expect(describeContentEncryption(info)).toBe('aes-128-cbc');
    expect(openEnveloped(info, [alice])).toMatchObject(opened);
  });

  it('never throws for a message that was changed anywhere, and never opens changed AEAD content as another', () => {
    const der = Buffer.from(sealContent(content, 'aes-256-gcm').der([alice.certificate, carol.certificate]));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(der);
        changed[at]! ^= flip;
        const outcome = attempt(changed);
        if (outcome?.status === 'opened') expect(Buffer.from(outcome.content)).toEqual(content);
      }),
      { numRuns: 300 },
    );
  });

  function attempt(bytes: Uint8Array): ReturnType<typeof openEnveloped> | undefined {
    try {
      const info = parseContentInfo(bytes);
      return info.type === 'authEnveloped' || info.type === 'enveloped'
        ? openEnveloped(info, [alice, carol])
        : undefined;
    } catch (error) {
      expect((error as Error).name).toBe('CmsError');
      return undefined;
    }
  }

  it('does not fall for the explicit tag of a second content', () => {
    const der = derSequence(derOid(oids.envelopedData), derExplicit(0, derNull(), derNull()));
    expect(() => parseContentInfo(der)).toThrow(expect.objectContaining({ code: 'not-cms' }));
  });
});
