/**
 * RC2 in CBC mode, RFC 2268: decryption alone, for mail of the last century; node:crypto does not carry it.
 * Not constant in time: whoever can measure it here already reads mail of forty-bit keys.
 */

import { withoutPadding } from './padding.ts';

// RFC 2268 §2: a permutation made of the digits of pi.
const piTable = Uint8Array.from(
  Buffer.from(
    'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
      'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
      '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
      '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
      '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
      'c5f3db47e5a59c770aa62068fe7fc1ad',
    'hex',
  ),
);

const blockBytes = 8;

/**
 * Gives the effective key bits that the version of an RC2-CBC parameter stands for, RFC 2268 §6.
 *
 * @param version 160, 120 and 58 stand for 40, 64 and 128; from 256 on it is the number itself
 */
export function rc2EffectiveBits(version: number): number {
  const named: Readonly<Record<number, number>> = { 160: 40, 120: 64, 58: 128 };
  return named[version] ?? (version >= 256 ? version : 0);
}

/**
 * Decrypts RC2-CBC and takes the padding off, RFC 5652 §6.3.
 *
 * @param key 1 to 128 bytes
 * @param effectiveBits 1 to 1024
 * @param iv 8 bytes
 * @returns undefined whatever went wrong
 */
export function decryptRc2Cbc(
  key: Uint8Array,
  effectiveBits: number,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const badKey = key.length < 1 || key.length > 128 || effectiveBits < 1 || effectiveBits > 1024;
  if (badKey || ciphertext.length === 0 || ciphertext.length % blockBytes !== 0) return undefined;
  const schedule = expandKey(key, effectiveBits);
  const output = new Uint8Array(ciphertext.length);
  let previous = iv;
  for (let at = 0; at < ciphertext.length; at += blockBytes) {
    decryptBlock(schedule, ciphertext, output, at);
    for (let i = 0; i < blockBytes; i += 1) output[at + i]! ^= previous[i]!;
    previous = ciphertext.subarray(at, at + blockBytes);
  }
  return withoutPadding(output, blockBytes);
}

// RFC 2268 §2
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const bytes = new Uint8Array(128);
  bytes.set(key);
  for (let i = key.length; i < 128; i += 1)
    bytes[i] = piTable[(bytes[i - 1]! + bytes[i - key.length]!) & 0xff]!;
  const effectiveBytes = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * effectiveBytes - effectiveBits);
  bytes[128 - effectiveBytes] = piTable[bytes[128 - effectiveBytes]! & mask]!;
  for (let i = 127 - effectiveBytes; i >= 0; i -= 1)
    bytes[i] = piTable[bytes[i + 1]! ^ bytes[i + effectiveBytes]!]!;
  const words = new Uint16Array(64);
  for (let i = 0; i < 64; i += 1) words[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
  return words;
}

/** Rotations of the four words of a block. */
const rotations = [1, 2, 3, 5] as const;

// RFC 2268 §4
function decryptBlock(schedule: Uint16Array, input: Uint8Array, output: Uint8Array, at: number): void {
  const words = new Uint16Array(4);
  for (let i = 0; i < 4; i += 1) words[i] = input[at + 2 * i]! | (input[at + 2 * i + 1]! << 8);
  for (let round = 15; round >= 0; round -= 1) {
    unmix(words, schedule, round * 4);
    if (round === 11 || round === 5) unmash(words, schedule);
  }
  for (let i = 0; i < 4; i += 1) {
    output[at + 2 * i] = words[i]! & 0xff;
    output[at + 2 * i + 1] = words[i]! >> 8;
  }
}

function unmix(words: Uint16Array, schedule: Uint16Array, from: number): void {
  for (let i = 3; i >= 0; i -= 1) {
    const rotation = rotations[i]!;
    const rotated = ((words[i]! >>> rotation) | (words[i]! << (16 - rotation))) & 0xffff;
    const before = words[(i + 3) & 3]!;
    words[i] =
      rotated - schedule[from + i]! - (before & words[(i + 2) & 3]!) - (~before & words[(i + 1) & 3]!);
  }
}

function unmash(words: Uint16Array, schedule: Uint16Array): void {
  for (let i = 3; i >= 0; i -= 1) words[i] = words[i]! - schedule[words[(i + 3) & 3]! & 63]!;
}
