import { describe, expect, it } from 'vitest';
import { Openssl } from '../../test/kit/openssl.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { decryptRc2Cbc, rc2EffectiveBits } from './rc2.ts';

// RFC 2268 §5: one block each.
const vectors: readonly (readonly [bits: number, key: string, plain: string, cipher: string])[] = [
  [63, '0000000000000000', '0000000000000000', 'ebb773f993278eff'],
  [64, 'ffffffffffffffff', 'ffffffffffffffff', '278b27e42e2f0d49'],
  [64, '3000000000000000', '1000000000000001', '30649edf9be7d2c2'],
  [64, '88', '0000000000000000', '61a8a244adacccf0'],
  [64, '88bca90e90875a', '0000000000000000', '6ccf4308974c267f'],
  [64, '88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '1a807d272bbe5db1'],
  [128, '88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '2269552ab0f85ca6'],
];

describe('RC2', () => {
  it.each(vectors)('decrypts the vectors of RFC 2268 (%i bits, key %s)', (bits, key, plain, cipher) => {
    // The IV is chosen so that the right block becomes eight bytes of padding, and the content empty.
    const padding = Buffer.alloc(8, 8);
    const iv = Buffer.from(plain, 'hex').map((byte, index) => byte ^ padding[index]!);
    const content = decryptRc2Cbc(Buffer.from(key, 'hex'), bits, iv, Buffer.from(cipher, 'hex'));
    expect(content).toEqual(new Uint8Array(0));
  });

  it.skipIf(!hasProgram('openssl'))('decrypts what openssl encrypts, of any length', () => {
    using openssl = new Openssl();
    const iv = Buffer.from('0102030405060708', 'hex');
    for (const [cipher, bits] of [
      ['rc2-cbc', 128],
      ['rc2-64-cbc', 64],
      ['rc2-40-cbc', 40],
    ] as const) {
      for (const length of [0, 1, 7, 8, 9, 1000]) {
        const key = Buffer.alloc(bits / 8, 0x5a);
        const plain = Buffer.alloc(length, 'text');
        const names = ['-K', key.toString('hex'), '-iv', iv.toString('hex')];
        const providers = ['-provider', 'legacy', '-provider', 'default'];
        const encrypted = openssl.must(['enc', `-${cipher}`, ...names, ...providers], plain);
        expect(Buffer.from(decryptRc2Cbc(key, bits, iv, encrypted)!)).toEqual(plain);
      }
    }
  });

  it('refuses keys, lengths and padding that cannot be', () => {
    const iv = new Uint8Array(8);
    const key = new Uint8Array(16);
    expect(decryptRc2Cbc(new Uint8Array(0), 128, iv, new Uint8Array(8))).toBeUndefined();
    expect(decryptRc2Cbc(key, 0, iv, new Uint8Array(8))).toBeUndefined();
    expect(decryptRc2Cbc(key, 128, iv, new Uint8Array(7))).toBeUndefined();
    expect(decryptRc2Cbc(key, 128, iv, new Uint8Array(0))).toBeUndefined();
    expect(decryptRc2Cbc(key, 128, iv, new Uint8Array(16))).toBeUndefined();
  });

  it('knows the numbers that stand for key lengths', () => {
    expect([160, 120, 58, 256, 1024, 1].map(rc2EffectiveBits)).toEqual([40, 64, 128, 256, 1024, 0]);
  });
});
