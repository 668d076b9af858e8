import { createECDH, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { DecryptionIdentity } from '../src/cms/open.ts';
import type { KeyPair } from '../test/kit/ca.ts';
import { makeTestCa, type TestCa, type TestIdentity } from '../test/kit/ca.ts';

/** The moment of every run. */
export const nowMs = Date.parse('2026-11-24T12:00:00Z');

/** A key that comes out of a word, the same in every process: a vector that is encrypted to it can be read again. */
function keysFrom(word: string): KeyPair {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(createHash('sha256').update(word).digest());
  const point = ecdh.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: ecdh.getPrivateKey().toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** The authority of the seeds. */
export const ca: TestCa = makeTestCa({ name: 'Fuzz CA', nowMs, keys: keysFrom('authority') });

/** The list of the seeds; whatever is encrypted to its issuer and serial number can be opened. */
export const list: TestIdentity = ca.issue({
  address: 'team@lists.example.org',
  keys: keysFrom('list'),
  algorithm: 'ec-p256',
  serialNumber: 2,
});

/** A member who signs. */
export const alice: TestIdentity = ca.issue({
  address: 'alice@example.org',
  keys: keysFrom('alice'),
  algorithm: 'ec-p256',
  serialNumber: 3,
});

/** A recipient with an RSA key of this process; nothing makes one out of a word. */
export const board: TestIdentity = ca.issue({ address: 'board@lists.example.org', serialNumber: 4 });

export const identities: readonly DecryptionIdentity[] = [list, board];
