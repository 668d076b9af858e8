import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { contentInfo, parseAs } from '../../test/kit/forge-cms.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  readAsn1,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { derIssuerAndSerialNumber } from './certificate-identifier.ts';
import { agreeOnKey, originatorKeyOf, readAgreement } from './key-agreement.ts';
import { derKeyTransport, encryptTransportedKey, type KeyTransport } from './key-transport.ts';
import { namesCertificate, openEnveloped } from './open.ts';
import { sealContent } from './seal.ts';

const ca = makeTestCa();
const alice = ca.issue({ address: 'alice@example.org', use: 'encrypt' });
const carol = ca.issue({ address: 'carol@example.org', use: 'encrypt', algorithm: 'ec-p256' });
const content = Buffer.from('Content-Type: text/plain\r\n\r\nsealed\r\n');
const key = Buffer.from('sixteen bytes...');
const password = 'open sesame';

function aes(contentKey: Uint8Array = key): Uint8Array {
  const iv = Buffer.alloc(16, 3);
  const cipher = createCipheriv('aes-128-cbc', contentKey, iv);
  const algorithm = derAlgorithm(oids.aes128Cbc, derOctetString(iv));
  return encryptedContent(algorithm, Buffer.concat([cipher.update(content), cipher.final()]));
}

function encryptedContent(algorithm: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return derSequence(derOid(oids.data), algorithm, derImplicit(0, derOctetString(ciphertext)));
}

function enveloped(recipients: readonly Uint8Array[], encrypted: Uint8Array = aes()) {
  const data = derSequence(derInteger(0), derSet(...recipients), encrypted);
  return parseAs('enveloped', contentInfo(oids.envelopedData, data));
}

function transported(transport: KeyTransport, contentKey: Uint8Array = key): Uint8Array {
  const rid = derIssuerAndSerialNumber(alice.certificate);
  const encrypted = encryptTransportedKey(alice.publicKey, transport, contentKey);
  return derSequence(derInteger(0), rid, derKeyTransport(transport), derOctetString(encrypted));
}

/** A key under a password, RFC 3211 §2.3.1: encrypted twice, behind its length and a check of its first bytes. */
function underPassword(kind: 'aes' | '3des'): Uint8Array {
  const [cipher, oid, keyBytes, block] =
    kind === 'aes'
      ? (['aes-128-cbc', oids.aes128Cbc, 16, 16] as const)
      : (['des-ede3-cbc', oids.desEde3Cbc, 24, 8] as const);
  const salt = Buffer.from('some salt');
  const kek = pbkdf2Sync(password, salt, 10, keyBytes, 'sha1');
  const encrypt = (iv: Uint8Array, bytes: Uint8Array) =>
    createCipheriv(cipher, kek, iv).setAutoPadding(false).update(bytes);
  const checks = Uint8Array.from(key.subarray(0, 3), (byte) => byte ^ 0xff);
  const plain = Buffer.concat([Uint8Array.of(key.length), checks, key]);
  const padded = Buffer.concat([plain, Buffer.alloc((block - (plain.length % block)) % block)]);
  const iv = Buffer.alloc(block, 5);
  const once = encrypt(iv, padded);
  const wrapped = encrypt(once.subarray(-block), once);
  const derivation = derAlgorithm(oids.pbkdf2, derSequence(derOctetString(salt), derInteger(10)));
  const algorithm = derAlgorithm('1.2.840.113549.1.9.16.3.9', derAlgorithm(oid, derOctetString(iv)));
  const fields = [derInteger(0), derImplicit(0, derivation), algorithm, derOctetString(wrapped)];
  return derImplicit(3, derSequence(...fields));
}

describe('a password', () => {
  it('opens the key that lies under it, and no other does', () => {
    const info = enveloped([underPassword('aes')]);
    expect(openEnveloped(info, [], { password })).toMatchObject({ status: 'opened', content });
    expect(openEnveloped(info, [], { password: 'a guess' })).toEqual({ status: 'failed' });
  });

  it('is not for us where none was given, nor where nothing lies under one', () => {
    expect(openEnveloped(enveloped([underPassword('aes')]), [])).toEqual({ status: 'not-for-us' });
    const unknown = enveloped([derImplicit(4, derSequence(derOid('1.2.3'), derInteger(1)))]);
    expect(openEnveloped(unknown, [], { password })).toEqual({ status: 'not-for-us' });
  });

  it('opens a key under 3DES only where old ciphers are read', () => {
    const info = enveloped([underPassword('3des')]);
    expect(openEnveloped(info, [], { password })).toEqual({ status: 'failed' });
    expect(openEnveloped(info, [], { password, legacy: true })).toMatchObject({ status: 'opened' });
  });

  it('names no certificate', () => {
    expect(namesCertificate(enveloped([underPassword('aes')]), alice.certificate)).toBe(false);
  });
});

describe('old ciphers', () => {
  it('are not read where nobody asked for them: content', () => {
    const [longKey, iv] = [Buffer.alloc(24, 'a key of 24 bytes, for 3DES'), Buffer.alloc(8, 3)];
    const cipher = createCipheriv('des-ede3-cbc', longKey, iv);
    const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
    const encrypted = encryptedContent(derAlgorithm(oids.desEde3Cbc, derOctetString(iv)), ciphertext);
    const info = enveloped([transported('rsaes-oaep', longKey)], encrypted);
    expect(openEnveloped(info, [alice])).toEqual({ status: 'failed' });
    expect(openEnveloped(info, [alice], { legacy: true })).toMatchObject({ status: 'opened', content });
  });

  it('are not read where nobody asked for them: the wrap of an agreed key', () => {
    const sealed = parseAs('authEnveloped', sealContent(content, 'aes-128-gcm').der([carol.certificate]));
    const recipient = sealed.recipientInfos[0]!;
    if (recipient.type !== 'kari') throw new Error('no key agreement');
    const wrap = derAlgorithm(oids.tripleDesWrap, Buffer.of(5, 0));
    const scheme = derAlgorithm(recipient.keyEncryptionAlgorithm.oid, wrap);
    const keyEncryptionAlgorithm = readAlgorithm(readAsn1(scheme));
    const originator = originatorKeyOf(recipient.originatorKey!, carol.certificate.publicKeyAlgorithm)!;
    const agreement = readAgreement(keyEncryptionAlgorithm, undefined)!;
    const cipher = createCipheriv('des3-wrap', agreeOnKey(agreement, carol.privateKey, originator)!, null);
    const encryptedKey = Buffer.concat([cipher.update(key), cipher.final()]);
    const recipientEncryptedKeys = recipient.recipientEncryptedKeys.map(({ rid }) => ({ rid, encryptedKey }));
    const old = { ...recipient, keyEncryptionAlgorithm, recipientEncryptedKeys };
    const info = { ...enveloped([]), recipientInfos: [old] };
    expect(openEnveloped(info, [carol])).toEqual({ status: 'failed' });
    expect(openEnveloped(info, [carol], { legacy: true })).toMatchObject({ status: 'opened', content });
  });
});

describe('of several keys', () => {
  it('one that notices when it is wrong is tried before one that does not', () => {
    const info = enveloped([transported('rsaes-pkcs1'), transported('rsaes-oaep')]);
    expect(openEnveloped(info, [alice])).toMatchObject({ status: 'opened', recipientIndex: 1 });
    const shared = enveloped([transported('rsaes-pkcs1'), underPassword('aes')]);
    expect(openEnveloped(shared, [alice], { password })).toMatchObject({ recipientIndex: 1 });
  });
});

describe('a key of a wrong length', () => {
  it('looks like a wrong key: the content is decrypted by another, which now and then fits its padding', () => {
    const recipient = transported('rsaes-pkcs1', Buffer.alloc(5));
    const algorithm = derAlgorithm(oids.aes128Cbc, derOctetString(Buffer.alloc(16)));
    const isOpened = () =>
      openEnveloped(enveloped([recipient], encryptedContent(algorithm, randomBytes(16))), [alice]).status ===
      'opened';
    // One block in 256 fits; that none of so many does is less likely than any failure of the machine.
    expect(Array.from({ length: 10_000 }).some(isOpened)).toBe(true);
  });
});
