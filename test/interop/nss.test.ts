import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealEntity } from '../../src/smime/seal-entity.ts';
import { signEntity } from '../../src/smime/sign-entity.ts';
import { type KeyAlgorithm, makeTestCa, type TestCa, type TestIdentity } from '../kit/ca.ts';
import { clearSignedMessage, cmsMessage, cmsOf, contentOf, openWith } from '../kit/cms-carriage.ts';
import { Nss } from '../kit/nss.ts';
import { hasProgram } from '../kit/programs.ts';

const entity = Buffer.concat([
  Buffer.from('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n'),
  randomBytes(3000),
]);
const algorithms = ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521'] as const;

describe.skipIf(!hasProgram('cmsutil'))('interop with NSS', () => {
  let ca: TestCa;
  let nss: Nss;
  const identities = new Map<KeyAlgorithm, TestIdentity>();
  beforeAll(() => {
    ca = makeTestCa();
    nss = new Nss(ca.pem);
    for (const algorithm of algorithms) {
      const identity = ca.issue({ address: `${algorithm}@example.org`, algorithm });
      identities.set(algorithm, identity);
      nss.addIdentity(algorithm, identity);
    }
  });
  afterAll(() => nss.close());

  const signatures: readonly (readonly [KeyAlgorithm, string, string])[] = [
    ['rsa-2048', 'SHA256', 'rsa-pkcs1-sha256'],
    ['rsa-2048', 'SHA384', 'rsa-pkcs1-sha384'],
    ['rsa-2048', 'SHA512', 'rsa-pkcs1-sha512'],
    ['ec-p256', 'SHA256', 'ecdsa-sha256'],
    ['ec-p384', 'SHA384', 'ecdsa-sha384'],
    ['ec-p521', 'SHA512', 'ecdsa-sha512'],
  ];

  it.each(signatures)('verifies what NSS signs by %s with %s', (algorithm, digest, signatureAlgorithm) => {
    const options = ['-G', '-P', '-H', digest];
    const opaque = openWith(ca, cmsMessage(nss.sign(entity, algorithm, options)));
    const clear = openWith(ca, clearSignedMessage(entity, nss.sign(entity, algorithm, [...options, '-T'])));
    expect([opaque.kind, clear.kind]).toEqual(['opaque-signed', 'clear-signed']);
    for (const opened of [opaque, clear]) {
      expect(opened).toMatchObject({ signature: { status: 'valid' }, signers: [{ signatureAlgorithm }] });
      expect(contentOf(opened)?.equals(entity)).toBe(true);
      expect(opened.signers[0]!.capabilities).toContain('aes-256-cbc');
    }
  });

  it('refuses SHA-1 of NSS, but where old algorithms were asked for', () => {
    const message = cmsMessage(nss.sign(entity, 'rsa-2048', ['-G', '-H', 'SHA1']));
    expect(openWith(ca, message).signature).toMatchObject({ status: 'invalid', code: 'weak-algorithm' });
    expect(openWith(ca, message, { legacy: true }).signature).toMatchObject({ status: 'valid' });
  });

  const signers: readonly (readonly [KeyAlgorithm, 'pkcs1' | 'pss'])[] = [
    ['rsa-2048', 'pkcs1'],
    ['rsa-2048', 'pss'],
    ['ec-p256', 'pkcs1'],
    ['ec-p384', 'pkcs1'],
    ['ec-p521', 'pkcs1'],
  ];

  it.each(signers)('signs by %s (%s) so that NSS verifies it, clear and opaque', (algorithm, rsaPadding) => {
    const signer = { ...identities.get(algorithm)!, chain: ca.chain, rsaPadding };
    for (const opaque of [true, false]) {
      const cms = cmsOf(signEntity(entity, signer, { opaque, atMs: ca.nowMs }));
      expect(nss.verify(cms, opaque ? undefined : entity)).toMatchObject({ ok: true, stderr: '' });
    }
  });

  it('signs so that NSS does not take another content for what was signed', () => {
    const signer = { ...identities.get('rsa-2048')!, chain: ca.chain };
    const cms = cmsOf(signEntity(entity, signer, { opaque: false, atMs: ca.nowMs }));
    expect(nss.verify(cms, Buffer.concat([entity, Buffer.from('more')]))).toMatchObject({ ok: false });
  });

  it('opens what NSS encrypts with the cipher that it chooses', () => {
    const recipient = identities.get('rsa-2048')!;
    const opened = openWith(ca, cmsMessage(nss.encrypt(entity, ['rsa-2048'])), { identities: [recipient] });
    expect(opened.decryption).toMatchObject({ status: 'opened', contentEncryption: 'aes-128-cbc' });
    expect(contentOf(opened)?.equals(entity)).toBe(true);
  });

  it.each(['aes-128-cbc', 'aes-256-cbc'] as const)('seals with %s so that NSS opens it', (cipher) => {
    const { certificate } = identities.get('rsa-2048')!;
    const { ok, stdout } = nss.decrypt(cmsOf(sealed(cipher, certificate)));
    expect(ok).toBe(true);
    expect(stdout.equals(entity)).toBe(true);
  });
});

function sealed(cipher: 'aes-128-cbc' | 'aes-256-cbc', certificate: TestIdentity['certificate']): Uint8Array {
  const sealer = sealEntity(entity, cipher);
  const { head, tail } = sealer.copyFor(certificate);
  return Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail]);
}
