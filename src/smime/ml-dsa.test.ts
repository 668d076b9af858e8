import { describe, expect, it } from 'vitest';
import { type KeyAlgorithm, makeTestCa, type TestCa } from '../../test/kit/ca.ts';
import { certificateUses } from '../pki/certificate.ts';
import { parseCertificateList } from '../pki/crl.ts';
import { inspectJson } from './inspect.ts';
import { openMessage } from './open-message.ts';
import { signEntity } from './sign-entity.ts';

const entity = new Uint8Array(Buffer.from('Content-Type: text/plain\r\n\r\nThe canary sings.\r\n'));
const atMs = Date.now();

function authoritiesOf(algorithm: KeyAlgorithm): { readonly root: TestCa; readonly authority: TestCa } {
  const root = makeTestCa({ algorithm, name: `Root ${algorithm}` });
  return { root, authority: root.subCa({ algorithm }) };
}

function open(mail: Uint8Array, root: TestCa, crls: readonly Uint8Array[]) {
  const trust = {
    trustAnchors: [root.certificate],
    untrusted: [],
    crls: crls.map((der) => parseCertificateList(der)),
    crlCheck: 'require',
  } as const;
  return inspectJson(openMessage(mail, { identities: [], trust, atMs }));
}

describe.each(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)('a message signed with %s', (algorithm) => {
  const { root, authority } = authoritiesOf(algorithm);
  const alice = authority.issue({ address: 'alice@example.org', algorithm });
  const crls = [root.crl(), authority.crl()];
  const signed = (opaque: boolean) =>
    Buffer.concat([
      Buffer.from('From: alice@example.org\r\nMIME-Version: 1.0\r\n'),
      signEntity(entity, { ...alice, chain: [authority.certificate] }, { opaque, atMs }),
    ]);

  it.each([false, true])('is valid under authorities and lists of the kind (opaque: %s)', (opaque) => {
    expect(open(signed(opaque), root, crls)).toMatchObject({
      signature: { status: 'valid', code: null },
      layers: [{ status: 'valid', signers: [{ signatureAlgorithm: algorithm, status: 'valid' }] }],
      senderMatches: true,
      authenticationMethod: 'smime',
    });
  });

  it('is invalid where its content was changed, and untrusted where its certificate was revoked', () => {
    const changed = Buffer.from(signed(false).toString('latin1').replace('canary', 'parrot'), 'latin1');
    expect(open(changed, root, crls)).toMatchObject({
      signature: { status: 'invalid', code: 'digest-mismatch' },
    });
    const revoking = [root.crl(), authority.crl({ revoked: [alice] })];
    expect(open(signed(false), root, revoking)).toMatchObject({
      signature: { status: 'untrusted', code: 'revoked' },
    });
  });

  it('is untrusted where another key signed the certificate', () => {
    const stranger = root.subCa({ algorithm });
    const forged = stranger.issue({ address: 'alice@example.org', algorithm });
    const mail = Buffer.concat([
      Buffer.from('From: alice@example.org\r\nMIME-Version: 1.0\r\n'),
      signEntity(entity, { ...forged, chain: [authority.certificate] }, { opaque: false, atMs }),
    ]);
    expect(open(mail, root, crls)).toMatchObject({
      signature: { status: 'untrusted', code: 'bad-certificate-signature' },
    });
  });

  it('has a key that signs and never encrypts', () => {
    expect(certificateUses(alice.certificate)).toEqual({ sign: true, encrypt: false });
    const agreeing = authority.issue({
      address: 'alice@example.org',
      keys: alice,
      keyUsage: ['keyEncipherment', 'keyAgreement'],
    });
    expect(certificateUses(agreeing.certificate)).toEqual({ sign: false, encrypt: false });
  });
});
