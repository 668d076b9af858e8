import { describe, expect, it } from 'vitest';
import { type KeyAlgorithm, makeTestCa } from '../../test/kit/ca.ts';
import { Openssl } from '../../test/kit/openssl.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { parseEntity } from '../mime/entity.ts';
import { openMessage } from './open-message.ts';
import { certsOnlyEntity, signEntity } from './sign-entity.ts';

const ca = makeTestCa();
const sub = ca.subCa();
const entity = new Uint8Array(
  Buffer.from('Content-Type: text/plain; charset=utf-8\r\n\r\nHello Jürgen \r\n'),
);
const atMs = Math.floor(Date.now() / 1000) * 1000;
const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'off' } as const;
const algorithms: readonly KeyAlgorithm[] = ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'];

function messageOf(content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('From: a@example.org\r\nMIME-Version: 1.0\r\n'), content]);
}

describe('a signed entity', () => {
  it.each(
    algorithms.flatMap((algorithm) => [[algorithm, false] as const, [algorithm, true] as const]),
  )('by %s, opaque %s, verifies through the intermediate that it brings', (algorithm, opaque) => {
    const signer = sub.issue({ address: 'a@example.org', algorithm, use: 'sign' });
    const signed = signEntity(entity, { ...signer, chain: sub.chain }, { opaque, atMs });
    const opened = openMessage(messageOf(signed), { identities: [], trust, atMs });
    expect(opened).toMatchObject({
      kind: opaque ? 'opaque-signed' : 'clear-signed',
      signature: { status: 'valid' },
      authenticationMethod: 'smime',
      signers: [{ signingTimeMs: atMs, certificates: expect.objectContaining({ length: 2 }) }],
    });
    expect(opened.innermost!.use((bytes) => Buffer.from(bytes))).toEqual(Buffer.from(entity));
  });

  it('names the digest in micalg', () => {
    const signer = ca.issue({ address: 'a@example.org', algorithm: 'ec-p256' });
    const { contentType } = parseEntity(
      signEntity(entity, { ...signer, chain: [] }, { opaque: false, atMs }),
    );
    expect(contentType.parameters.get('micalg')).toBe('sha-256');
    expect(contentType.parameters.get('protocol')).toBe('application/pkcs7-signature');
  });

  it('keeps the bytes that were signed', () => {
    const signer = ca.issue({ address: 'a@example.org', algorithm: 'ec-p256' });
    const signed = signEntity(entity, { ...signer, chain: [] }, { opaque: false, atMs });
    expect(
      Buffer.from(signed).includes(Buffer.concat([Buffer.from('\r\n'), entity, Buffer.from('\r\n--')])),
    ).toBe(true);
  });

  it('is refused for a key of another certificate', () => {
    const [one, two] = [1, 2].map(() => ca.issue({ address: 'a@example.org', algorithm: 'ec-p256' }));
    const mixed = { certificate: one!.certificate, privateKey: two!.privateKey, chain: [] };
    expect(() => signEntity(entity, mixed, { opaque: true, atMs })).toThrow(
      expect.objectContaining({ code: 'key-mismatch' }),
    );
  });
});

describe('certificates alone', () => {
  it('are read back, and prove nothing', () => {
    const opened = openMessage(messageOf(certsOnlyEntity([ca.certificate, sub.certificate])), {
      identities: [],
      trust,
      atMs,
    });
    expect(opened).toMatchObject({ kind: 'certs-only', signature: { status: 'none' }, senderMatches: null });
    const [layer] = opened.layers;
    const hashes = layer?.type === 'certs-only' ? layer.certificates.map(({ sha256 }) => sha256) : [];
    expect(hashes.toSorted()).toEqual([ca.certificate.sha256, sub.certificate.sha256].toSorted());
  });
});

describe.skipIf(!hasProgram('openssl'))('a signed entity, read by openssl', () => {
  it.each(['rsa-2048', 'ec-p256', 'ec-p384'] as const)('by %s verifies', (algorithm) => {
    using openssl = new Openssl();
    const signer = ca.issue({ address: 'a@example.org', algorithm, use: 'sign' });
    for (const opaque of [false, true]) {
      const message = messageOf(signEntity(entity, { ...signer, chain: [] }, { opaque, atMs }));
      const { ok, stdout, stderr } = openssl.verify(message, ca.pem, { form: 'SMIME', more: ['-crlfeol'] });
      expect(ok, stderr).toBe(true);
      expect(stdout).toEqual(Buffer.from(entity));
    }
  });
});
