import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealEntity } from '../../src/smime/seal-entity.ts';
import { signEntity } from '../../src/smime/sign-entity.ts';
import { type KeyAlgorithm, makeTestCa, type TestCa, type TestIdentity } from '../kit/ca.ts';
import { clearSignedMessage, cmsMessage, cmsOf, contentOf, openWith } from '../kit/cms-carriage.ts';
import { Gpgsm } from '../kit/gpgsm.ts';
import { hasProgram } from '../kit/programs.ts';

const entity = Buffer.concat([
  Buffer.from('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n'),
  randomBytes(3000),
]);
const algorithms = ['rsa-2048', 'rsa-3072', 'ec-p256', 'ec-p384', 'ec-p521'] as const;

describe.skipIf(!hasProgram('gpgsm') || !hasProgram('gpg-agent'))('interop with gpgsm', () => {
  let ca: TestCa;
  let gpgsm: Gpgsm;
  const identities = new Map<KeyAlgorithm, TestIdentity>();
  beforeAll(() => {
    ca = makeTestCa();
    gpgsm = new Gpgsm(ca);
    for (const algorithm of algorithms) {
      const identity = ca.issue({ address: addressOf(algorithm), algorithm });
      identities.set(algorithm, identity);
      gpgsm.addIdentity(addressOf(algorithm), identity);
    }
    // The agent takes no private key that is bound to PSS; this one only signs on our side.
    const algorithm = 'rsa-pss-2048';
    identities.set(algorithm, ca.issue({ address: addressOf(algorithm), algorithm }));
  });
  afterAll(() => gpgsm.close());

  const signatures: readonly (readonly [KeyAlgorithm, string, string])[] = [
    ['rsa-2048', 'SHA256', 'rsa-pkcs1-sha256'],
    ['rsa-2048', 'SHA384', 'rsa-pkcs1-sha384'],
    ['rsa-3072', 'SHA512', 'rsa-pkcs1-sha512'],
    ['ec-p256', 'SHA256', 'ecdsa-sha256'],
    ['ec-p256', 'SHA512', 'ecdsa-sha512'],
    ['ec-p384', 'SHA384', 'ecdsa-sha384'],
    ['ec-p521', 'SHA512', 'ecdsa-sha512'],
  ];

  it.each(signatures)('verifies what gpgsm signs by %s with %s', (algorithm, digest, signatureAlgorithm) => {
    const sign = (command: string) =>
      gpgsm.sign(entity, addressOf(algorithm), ['--digest-algo', digest, command]);
    const opaque = openWith(ca, cmsMessage(sign('--sign')));
    const clear = openWith(ca, clearSignedMessage(entity, sign('--detach-sign')));
    expect([opaque.kind, clear.kind]).toEqual(['opaque-signed', 'clear-signed']);
    for (const opened of [opaque, clear]) {
      expect(opened).toMatchObject({ signature: { status: 'valid' }, signers: [{ signatureAlgorithm }] });
      expect(contentOf(opened)?.equals(entity)).toBe(true);
    }
  });

  it('refuses SHA-1 of gpgsm, but where old algorithms were asked for', () => {
    const options = ['--digest-algo', 'SHA1', '--sign'];
    const message = cmsMessage(gpgsm.sign(entity, addressOf('rsa-2048'), options));
    expect(openWith(ca, message).signature).toMatchObject({ status: 'invalid', code: 'weak-algorithm' });
    expect(openWith(ca, message, { legacy: true }).signature).toMatchObject({ status: 'valid' });
  });

  const signers: readonly (readonly [KeyAlgorithm, 'pkcs1' | 'pss'])[] = [
    ['rsa-2048', 'pkcs1'],
    ['rsa-2048', 'pss'],
    ['rsa-pss-2048', 'pss'],
    ['ec-p256', 'pkcs1'],
    ['ec-p384', 'pkcs1'],
  ];

  it.each(
    signers,
  )('signs by %s (%s) so that gpgsm verifies it, clear and opaque', (algorithm, rsaPadding) => {
    const signer = { ...identities.get(algorithm)!, chain: ca.chain, rsaPadding };
    for (const opaque of [true, false]) {
      const cms = cmsOf(signEntity(entity, signer, { opaque, atMs: ca.nowMs }));
      const { ok, stderr, stdout } = gpgsm.verify(cms, opaque ? undefined : entity);
      expect(stderr).toContain(`Good signature from "/CN=${algorithm}"`);
      expect(ok).toBe(true);
      if (opaque) expect(stdout.equals(entity)).toBe(true);
    }
  });

  it('signs so that gpgsm does not take another content for what was signed', () => {
    const signer = { ...identities.get('rsa-2048')!, chain: ca.chain };
    const cms = cmsOf(signEntity(entity, signer, { opaque: false, atMs: ca.nowMs }));
    const { ok, stderr } = gpgsm.verify(cms, Buffer.concat([entity, Buffer.from('more')]));
    expect(ok).toBe(false);
    expect(stderr).toContain('message digest attribute does not match computed one');
  });

  const ciphers: readonly (readonly [string, string])[] = [
    ['AES', 'aes-128-cbc'],
    ['AES192', 'aes-192-cbc'],
    ['AES256', 'aes-256-cbc'],
  ];

  it.each(ciphers)('opens what gpgsm encrypts with %s, with the key of each recipient', (cipher, name) => {
    const recipients = ['rsa-2048', 'rsa-3072'] as const;
    const message = cmsMessage(gpgsm.encrypt(entity, recipients.map(addressOf), cipher));
    for (const recipient of recipients) {
      const opened = openWith(ca, message, { identities: [identities.get(recipient)!] });
      expect(opened.decryption).toMatchObject({ status: 'opened', contentEncryption: name });
      expect(contentOf(opened)?.equals(entity)).toBe(true);
    }
  });

  it('opens 3DES of gpgsm where old ciphers were asked for, and nowhere else', () => {
    const message = cmsMessage(gpgsm.encrypt(entity, [addressOf('rsa-2048')], '3DES'));
    const mine = { identities: [identities.get('rsa-2048')!] };
    expect(openWith(ca, message, mine).decryption.status).toBe('failed');
    expect(contentOf(openWith(ca, message, { ...mine, legacy: true }))?.equals(entity)).toBe(true);
  });

  it.each(['aes-128-cbc', 'aes-256-cbc'] as const)('seals with %s so that gpgsm opens it', (cipher) => {
    for (const algorithm of ['rsa-2048', 'rsa-3072'] as const) {
      const sealer = sealEntity(entity, cipher);
      const { head, tail } = sealer.copyFor(identities.get(algorithm)!.certificate);
      const { ok, stdout } = gpgsm.decrypt(
        cmsOf(Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail])),
      );
      expect(ok).toBe(true);
      expect(stdout.equals(entity)).toBe(true);
    }
  });

  it('hands a signed and encrypted message on to gpgsm, which opens and then verifies it', () => {
    const signer = { ...identities.get('ec-p256')!, chain: ca.chain };
    const signed = signEntity(entity, signer, { opaque: true, atMs: ca.nowMs });
    const body = sealEntity(signed, 'aes-256-cbc').bodyFor([identities.get('rsa-2048')!.certificate]);
    const opened = gpgsm.decrypt(Buffer.from(Buffer.from(body).toString(), 'base64'));
    expect(gpgsm.verify(cmsOf(opened.stdout)).stderr).toContain('Good signature from "/CN=ec-p256"');
  });
});

function addressOf(algorithm: KeyAlgorithm): string {
  return `${algorithm}@example.org`;
}
