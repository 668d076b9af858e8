import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealContent } from '../../src/cms/seal.ts';
import { oids } from '../../src/pki/oid.ts';
import { type SealCipher, sealEntity } from '../../src/smime/seal-entity.ts';
import { signEntity } from '../../src/smime/sign-entity.ts';
import { BouncyCastle, type BouncyEncryption, hasBouncyCastle } from '../kit/bouncy-castle.ts';
import { type KeyAlgorithm, makeTestCa, type TestCa, type TestIdentity } from '../kit/ca.ts';
import { clearSignedMessage, cmsMessage, cmsOf, contentOf, openWith } from '../kit/cms-carriage.ts';

const entity = Buffer.concat([
  Buffer.from('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n'),
  randomBytes(3000),
]);
const text = Buffer.from('Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello.\r\n');
const envelope = 'From: a@example.org\r\nMIME-Version: 1.0\r\n';

describe.skipIf(!hasBouncyCastle())('interop with Bouncy Castle', () => {
  let ca: TestCa;
  let bouncy: BouncyCastle;
  const identities = new Map<KeyAlgorithm, TestIdentity>();
  const identity = (algorithm: KeyAlgorithm): TestIdentity => {
    const known = identities.get(algorithm) ?? ca.issue({ address: `${algorithm}@example.org`, algorithm });
    identities.set(algorithm, known);
    return known;
  };
  beforeAll(() => {
    ca = makeTestCa();
    bouncy = BouncyCastle.start();
  });
  afterAll(() => bouncy.close());

  const signatures: readonly (readonly [string, KeyAlgorithm, string])[] = [
    ['SHA256withRSA', 'rsa-2048', 'rsa-pkcs1-sha256'],
    ['SHA384withRSA', 'rsa-3072', 'rsa-pkcs1-sha384'],
    ['SHA512withRSA', 'rsa-4096', 'rsa-pkcs1-sha512'],
    ['SHA3-256withRSA', 'rsa-2048', 'rsa-pkcs1-sha3-256'],
    ['SHA3-384withRSA', 'rsa-2048', 'rsa-pkcs1-sha3-384'],
    ['SHA3-512withRSA', 'rsa-2048', 'rsa-pkcs1-sha3-512'],
    ['SHA256withRSAandMGF1', 'rsa-2048', 'rsa-pss-sha256'],
    ['SHA384withRSAandMGF1', 'rsa-2048', 'rsa-pss-sha384'],
    ['SHA512withRSAandMGF1', 'rsa-2048', 'rsa-pss-sha512'],
    ['SHA3-256withRSAandMGF1', 'rsa-2048', 'rsa-pss-sha3-256'],
    ['SHA256withRSAandMGF1', 'rsa-pss-2048', 'rsa-pss-sha256'],
    ['SHA256withECDSA', 'ec-p256', 'ecdsa-sha256'],
    ['SHA384withECDSA', 'ec-p384', 'ecdsa-sha384'],
    ['SHA512withECDSA', 'ec-p521', 'ecdsa-sha512'],
    ['SHA3-256withECDSA', 'ec-p256', 'ecdsa-sha3-256'],
    ['SHA3-384withECDSA', 'ec-p384', 'ecdsa-sha3-384'],
    ['SHA3-512withECDSA', 'ec-p521', 'ecdsa-sha3-512'],
    ['Ed25519', 'ed25519', 'ed25519'],
    ['Ed448', 'ed448', 'ed448'],
  ];

  it.each(signatures)('verifies %s by a key of %s', async (algorithm, key, signatureAlgorithm) => {
    const signing = { content: entity, signer: identity(key), algorithm };
    const opaque = openWith(ca, cmsMessage(await bouncy.sign('cms', { ...signing, detached: false })));
    const signature = await bouncy.sign('cms', { ...signing, detached: true });
    const clear = openWith(ca, clearSignedMessage(entity, signature));
    expect([opaque.kind, clear.kind]).toEqual(['opaque-signed', 'clear-signed']);
    for (const opened of [opaque, clear]) {
      expect(opened).toMatchObject({
        signature: { status: 'valid' },
        signers: [{ signatureAlgorithm, capabilities: ['aes-256-cbc'] }],
      });
      expect(contentOf(opened)?.equals(entity)).toBe(true);
    }
    const changed = Buffer.concat([entity, Buffer.from('more')]);
    expect(openWith(ca, clearSignedMessage(changed, signature)).signature.status).toBe('invalid');
  });

  it('refuses SHA-1, but where old algorithms were asked for', async () => {
    const signing = { content: entity, signer: identity('rsa-2048'), algorithm: 'SHA1withRSA' };
    const message = cmsMessage(await bouncy.sign('cms', { ...signing, detached: false }));
    expect(openWith(ca, message).signature).toMatchObject({ status: 'invalid', code: 'weak-algorithm' });
    expect(openWith(ca, message, { legacy: true }).signature).toMatchObject({ status: 'valid' });
  });

  const signers: readonly (readonly [KeyAlgorithm, 'pkcs1' | 'pss'])[] = [
    ['rsa-2048', 'pkcs1'],
    ['rsa-3072', 'pss'],
    ['rsa-pss-2048', 'pss'],
    ['ec-p256', 'pkcs1'],
    ['ec-p384', 'pkcs1'],
    ['ec-p521', 'pkcs1'],
    ['ed25519', 'pkcs1'],
    ['ed448', 'pkcs1'],
  ];

  it.each(
    signers,
  )('signs by %s (%s) so that it verifies, clear and opaque', async (algorithm, rsaPadding) => {
    const signer = { ...identity(algorithm), chain: ca.chain, rsaPadding };
    for (const opaque of [true, false]) {
      const cms = cmsOf(signEntity(entity, signer, { opaque, atMs: ca.nowMs }));
      const { good, content } = await bouncy.verify(cms, opaque ? undefined : entity);
      expect(good).toBe('1 of 1');
      if (opaque) expect(content.equals(entity)).toBe(true);
    }
  });

  const { aes128Cbc, aes192Cbc, aes256Cbc, aes128Gcm, aes192Gcm, aes256Gcm } = oids;
  type How = Omit<BouncyEncryption, 'content' | 'recipients'>;
  const encryptions: readonly (readonly [string, KeyAlgorithm, How, string])[] = [
    ['AES-128-CBC', 'rsa-2048', { cipher: aes128Cbc }, 'aes-128-cbc'],
    ['AES-192-CBC', 'rsa-2048', { cipher: aes192Cbc }, 'aes-192-cbc'],
    ['AES-256-CBC', 'rsa-4096', { cipher: aes256Cbc }, 'aes-256-cbc'],
    ['AES-128-GCM', 'rsa-2048', { cipher: aes128Gcm }, 'aes-128-gcm'],
    ['AES-192-GCM', 'rsa-2048', { cipher: aes192Gcm }, 'aes-192-gcm'],
    ['AES-256-GCM', 'rsa-3072', { cipher: aes256Gcm }, 'aes-256-gcm'],
    ['OAEP with SHA-1', 'rsa-2048', { cipher: aes256Cbc, oaep: 'SHA-1' }, 'aes-256-cbc'],
    ['OAEP with SHA-256', 'rsa-2048', { cipher: aes256Gcm, oaep: 'SHA-256' }, 'aes-256-gcm'],
    ['OAEP with SHA-384', 'rsa-2048', { cipher: aes256Gcm, oaep: 'SHA-384' }, 'aes-256-gcm'],
    ['OAEP with SHA-512', 'rsa-2048', { cipher: aes256Gcm, oaep: 'SHA-512' }, 'aes-256-gcm'],
  ];

  it.each(encryptions)('opens %s', async (_name, algorithm, how, contentEncryption) => {
    const recipients = [identity(algorithm), identity('rsa-3072')];
    const message = cmsMessage(await bouncy.encrypt('cms', { content: entity, recipients, ...how }));
    for (const recipient of recipients) {
      const opened = openWith(ca, message, { identities: [recipient] });
      expect(opened.decryption).toMatchObject({ status: 'opened', contentEncryption });
      expect(contentOf(opened)?.equals(entity)).toBe(true);
    }
  });

  const curves = ['ec-p256', 'ec-p384', 'ec-p521'] as const;
  const derivations = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
  const wraps = ['aes128', 'aes192', 'aes256'] as const;

  it.each(curves)('opens what is agreed on %s, with every derivation and key wrap', async (curve) => {
    const recipient = identity(curve);
    for (const derivation of derivations) {
      for (const [index, wrap] of wraps.entries()) {
        const cipher = index === 0 ? aes128Cbc : aes256Gcm;
        const how = { cipher, agreement: `ecdh-${derivation}`, wrap };
        const cms = await bouncy.encrypt('cms', { content: entity, recipients: [recipient], ...how });
        const opened = openWith(ca, cmsMessage(cms), { identities: [recipient] });
        expect(opened.layers).toMatchObject([{ recipients: [{ algorithm: `ecdh-${derivation}` }] }]);
        expect(contentOf(opened)?.equals(entity)).toBe(true);
      }
    }
  });

  it.each(['sha1', 'sha256', 'sha384', 'sha512'])('opens cofactor agreement with %s', async (derivation) => {
    const recipient = identity('ec-p256');
    const how = { cipher: aes256Cbc, agreement: `eccdh-${derivation}`, wrap: 'aes256' } as const;
    const cms = await bouncy.encrypt('cms', { content: entity, recipients: [recipient], ...how });
    expect(contentOf(openWith(ca, cmsMessage(cms), { identities: [recipient] }))?.equals(entity)).toBe(true);
  });

  it.each([
    ['3DES', oids.desEde3Cbc],
    ['RC2', oids.rc2Cbc],
  ])('opens %s where old ciphers were asked for, and nowhere else', async (_name, cipher) => {
    const identities = [identity('rsa-2048')];
    const message = cmsMessage(
      await bouncy.encrypt('cms', { content: entity, recipients: identities, cipher }),
    );
    expect(openWith(ca, message, { identities }).decryption.status).toBe('failed');
    expect(contentOf(openWith(ca, message, { identities, legacy: true }))?.equals(entity)).toBe(true);
  });

  const ciphers: readonly SealCipher[] = ['aes-128-cbc', 'aes-256-cbc', 'aes-128-gcm', 'aes-256-gcm'];

  it.each(ciphers)('seals with %s for every kind of key so that it opens', async (cipher) => {
    const sealer = sealEntity(entity, cipher);
    for (const algorithm of ['rsa-2048', 'rsa-4096', ...curves] as const) {
      const { head, tail } = sealer.copyFor(identity(algorithm).certificate);
      const cms = cmsOf(Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail]));
      expect((await bouncy.decrypt(cms, identity(algorithm))).equals(entity)).toBe(true);
    }
    const recipient = identity('rsa-2048');
    const oaep = sealContent(entity, cipher).der([recipient.certificate], { keyTransport: 'rsaes-oaep' });
    expect((await bouncy.decrypt(oaep, recipient)).equals(entity)).toBe(true);
  });

  it('inflates what is compressed', async () => {
    const opened = openWith(ca, cmsMessage(await bouncy.compress(entity)));
    expect(opened.kind).toBe('compressed');
    expect(contentOf(opened)?.equals(entity)).toBe(true);
  });

  it.each([true, false])('reads whole signed messages (content apart: %s)', async (detached) => {
    const signing = { content: text, signer: identity('ec-p256'), algorithm: 'SHA256withECDSA', detached };
    const opened = openWith(ca, await bouncy.sign('message', signing));
    expect(opened.kind).toBe(detached ? 'clear-signed' : 'opaque-signed');
    expect(opened.signature).toMatchObject({ status: 'valid' });
    expect(contentOf(opened)?.toString()).toBe(text.toString());
  });

  it.each([true, false])('writes whole signed messages that it reads (opaque: %s)', async (opaque) => {
    const signer = { ...identity('rsa-2048'), chain: ca.chain };
    const signed = signEntity(text, signer, { opaque, atMs: ca.nowMs });
    const { good, content } = await bouncy.verifyMessage(Buffer.concat([Buffer.from(envelope), signed]));
    expect(good).toBe('1 of 1');
    expect(content.toString()).toBe(text.toString());
  });

  it('reads and writes whole encrypted messages', async () => {
    const recipient = identity('rsa-2048');
    const encryption = { content: text, recipients: [recipient], cipher: aes256Cbc };
    const opened = openWith(ca, await bouncy.encrypt('message', encryption), { identities: [recipient] });
    expect(contentOf(opened)?.toString()).toBe(text.toString());
    const sealer = sealEntity(text, 'aes-256-cbc');
    const header = Buffer.from(`${envelope}${sealer.fields}\r\n`);
    const message = Buffer.concat([header, sealer.bodyFor([recipient.certificate])]);
    expect((await bouncy.decryptMessage(message, recipient)).toString()).toBe(text.toString());
  });
});
