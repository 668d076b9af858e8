import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
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
import { findKeyWrap, wrapKey } from './key-wrap.ts';
import { openEnveloped } from './open.ts';

const contentKey = Buffer.alloc(16, 7);
const iv = Buffer.alloc(16, 9);
const identifier = Buffer.from('agreed elsewhere');

/** AES-128-CBC content whose key is wrapped under a key that both sides know: RFC 5652 §6.2.3. */
function sealedWith(algorithm: Uint8Array, encryptedKey: Uint8Array) {
  const kekri = derSequence(
    derInteger(4),
    derSequence(derOctetString(identifier)),
    algorithm,
    derOctetString(encryptedKey),
  );
  const cipher = createCipheriv('aes-128-cbc', contentKey, iv);
  const encrypted = Buffer.concat([cipher.update('words'), cipher.final()]);
  const encryptedContent = derSequence(
    derOid(oids.data),
    derAlgorithm(oids.aes128Cbc, derOctetString(iv)),
    derImplicit(0, derOctetString(encrypted)),
  );
  const enveloped = derSequence(derInteger(2), derSet(derImplicit(2, kekri)), encryptedContent);
  return parseAs('enveloped', contentInfo(oids.envelopedData, enveloped));
}

function wrapped(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  return wrapKey(findKeyWrap(readAlgorithm(readAsn1(algorithm)))!, key, contentKey);
}

describe('a key that both sides know', () => {
  it('opens what it wraps with AES', () => {
    const key = Buffer.alloc(16, 3);
    const algorithm = derAlgorithm(oids.aes128Wrap);
    const keyEncryptionKeys = [{ identifier, key }];
    const outcome = openEnveloped(sealedWith(algorithm, wrapped(algorithm, key)), [], { keyEncryptionKeys });
    expect(outcome).toMatchObject({ status: 'opened', recipientIndex: 0 });
  });

  it('opens nothing by a key wrap that nobody knows', () => {
    const keyEncryptionKeys = [{ identifier, key: Buffer.alloc(16, 3) }];
    const info = sealedWith(derAlgorithm('1.3.6.1.4.1.99999.1'), Buffer.alloc(24));
    expect(openEnveloped(info, [], { keyEncryptionKeys })).toEqual({ status: 'failed' });
  });

  it('opens what it wraps with 3DES only where old ciphers are read', () => {
    const key = Buffer.from('0123456789abcdeffedcba9876543210abcdef0123456789', 'hex');
    const algorithm = derAlgorithm(oids.tripleDesWrap, Buffer.of(5, 0));
    const keyEncryptionKeys = [{ identifier, key }];
    const cipher = createCipheriv('des3-wrap', key, null);
    const info = sealedWith(algorithm, Buffer.concat([cipher.update(contentKey), cipher.final()]));
    expect(openEnveloped(info, [], { keyEncryptionKeys })).toEqual({ status: 'failed' });
    expect(openEnveloped(info, [], { keyEncryptionKeys, legacy: true })).toMatchObject({ status: 'opened' });
  });
});
