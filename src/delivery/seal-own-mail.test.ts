import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { plainMessage } from '../../test/kit/mail.ts';
import { parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import { openMessage } from '../smime/open-message.ts';
import type { EncryptionChoice } from '../trust/encryption-choice.ts';
import { ownSealFor, sealOwnMail, signOwnMail } from './seal-own-mail.ts';

const from = 'board@example.org';
const to = 'alice@example.net';
const atMs = Date.now();
const ca = makeTestCa();
const signer = { ...ca.issue({ address: from }), chain: [], generation: '' };
const [alice, bob] = [ca.issue({ address: to }), ca.issue({ address: 'bob@example.net' })];
const raw = plainMessage({ from, to, subject: 'Welcome' }, 'Hello\n');

const found = (pair: typeof alice, capabilities: readonly string[] | null): EncryptionChoice => ({
  status: 'found',
  certificate: pair.certificate,
  capabilities,
});
const missing: EncryptionChoice = { status: 'none', code: 'no-certificate', reason: 'none' };
const open = (message: Uint8Array, pair: typeof alice) =>
  openMessage(message, {
    identities: [pair],
    lockedCertificates: [],
    trust: { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'off' },
    atMs,
  });

describe('a message of ours', () => {
  it('stays as it is where nobody signs', () => {
    expect(signOwnMail(raw, { signer: undefined, atMs })).toBe(raw);
  });

  it('carries its header within the signature', () => {
    const { headerProtection, layers } = open(signOwnMail(raw, { signer, atMs }), alice);
    expect(layers.map(({ type }) => type)).toEqual(['signed']);
    expect(headerProtection).toMatchObject({ mode: 'clear', subject: 'Welcome' });
  });

  it('is signed within its envelope, and tells its Subject to its readers alone', () => {
    const seal = { cipher: 'aes-256-gcm', certificates: [alice.certificate, bob.certificate] } as const;
    const sealed = sealOwnMail(raw, { signer, atMs }, seal)!;
    expect(findField(parseEntity(sealed).header, 'subject')!.body.trim()).toBe('[...]');
    for (const reader of [alice, bob]) {
      const { headerProtection, layers } = open(sealed, reader);
      expect(layers.map(({ type }) => type)).toEqual(['auth-enveloped', 'signed']);
      expect(headerProtection).toMatchObject({ mode: 'cipher', subject: 'Welcome' });
    }
  });

  it('is not sealed to a certificate that cannot be encrypted to', () => {
    const { certificate } = ca.issue({ address: to, algorithm: 'ed25519', use: 'sign' });
    const seal = { cipher: 'aes-256-gcm', certificates: [certificate] } as const;
    expect(sealOwnMail(raw, { signer, atMs }, seal)).toBeUndefined();
  });
});

describe('how a message of ours is sealed', () => {
  it('is by a cipher that all its readers have', () => {
    const gcm = found(alice, ['aes-256-gcm']);
    expect(ownSealFor([gcm], 'cbc')?.cipher).toBe('aes-256-gcm');
    expect(ownSealFor([gcm, found(bob, ['aes-256-cbc'])], 'cbc')).toEqual({
      cipher: 'aes-256-cbc',
      certificates: [alice.certificate, bob.certificate],
    });
  });

  it('is not at all, where one has no certificate', () => {
    expect(ownSealFor([found(alice, null), missing], 'cbc')).toBeUndefined();
    expect(ownSealFor([undefined], 'cbc')).toBeUndefined();
    expect(ownSealFor([], 'cbc')).toBeUndefined();
  });

  it('is never weaker than what it answers', () => {
    expect(ownSealFor([found(alice, ['aes-256-cbc'])], 'aead')).toBeUndefined();
    expect(ownSealFor([found(alice, null)], 'aead')?.cipher).toBe('aes-256-gcm');
  });
});
