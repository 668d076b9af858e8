/** RC2, RFC 2268: only to read old mail and old PKCS#12 files; nothing is ever encrypted with it. */

/** RFC 2268 §2: a permutation of all octets. */
const permutation = Buffer.from(
  [
    'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2',
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82',
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626',
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7',
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec',
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731',
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9',
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  ].join(''),
  'hex',
);

const blockBytes = 8;
/** How far each word of a block is turned, RFC 2268 §3. */
const turns = [1, 2, 3, 5] as const;

// RFC 2268 §2.
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const octets = new Uint8Array(128);
  octets.set(key);
  for (let at = key.length; at < 128; at += 1) {
    octets[at] = permutation[(octets[at - 1]! + octets[at - key.length]!) & 0xff]!;
  }
  const effectiveBytes = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * effectiveBytes - effectiveBits);
  const edge = 128 - effectiveBytes;
  octets[edge] = permutation[octets[edge]! & mask]!;
  for (let at = edge - 1; at >= 0; at -= 1) {
    octets[at] = permutation[octets[at + 1]! ^ octets[at + effectiveBytes]!]!;
  }
  const words = new Uint16Array(64);
  for (let at = 0; at < 64; at += 1) words[at] = octets[2 * at]! | (octets[2 * at + 1]! << 8);
  return words;
}

/** Undoes one mixing round, RFC 2268 §4.1; `next` is the number of the key word behind its last. */
function unmix(block: Uint16Array, key: Uint16Array, next: number): void {
  for (let at = 3; at >= 0; at -= 1) {
    const turn = turns[at]!;
    const word = block[at]!;
    const turned = ((word >>> turn) | (word << (16 - turn))) & 0xffff;
    const [one, two, three] = [block[(at + 3) & 3]!, block[(at + 2) & 3]!, block[(at + 1) & 3]!];
    block[at] = turned - key[next - 4 + at]! - (one & two) - (~one & three);
  }
}

/** Undoes one mashing round, RFC 2268 §4.2. */
function unmash(block: Uint16Array, key: Uint16Array): void {
  for (let at = 3; at >= 0; at -= 1) block[at] = block[at]! - key[block[(at + 3) & 3]! & 63]!;
}

// RFC 2268 §4.3: five, six and five mixing rounds, a mashing round between.
function decryptBlock(block: Uint16Array, key: Uint16Array): void {
  let next = 64;
  for (const rounds of [5, 6, 5]) {
    for (let round = 0; round < rounds; round += 1) {
      unmix(block, key, next);
      next -= 4;
    }
    if (next > 0) unmash(block, key);
  }
}

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
 * Decrypts RC2 in CBC mode and takes the padding off.
 *
 * @param key 1 to 128 bytes
 * @param effectiveBits effective length of the key, 1 to 1024 bits
 * @param iv 8 bytes
 * @returns undefined when the length or the padding is wrong
 */
export function decryptRc2Cbc(
  key: Uint8Array,
  effectiveBits: number,
  iv: Uint8Array,
  encrypted: Uint8Array,
): Uint8Array | undefined {
  const isSane = key.length >= 1 && key.length <= 128 && effectiveBits >= 1 && effectiveBits <= 1024;
  if (!isSane || iv.length !== blockBytes) return undefined;
  if (encrypted.length === 0 || encrypted.length % blockBytes !== 0) return undefined;
  const words = expandKey(key, effectiveBits);
  const plain = new Uint8Array(encrypted.length);
  const block = new Uint16Array(4);
  let previous = iv;
  for (let at = 0; at < encrypted.length; at += blockBytes) {
    const cipherBlock = encrypted.subarray(at, at + blockBytes);
    for (let word = 0; word < 4; word += 1)
      block[word] = cipherBlock[2 * word]! | (cipherBlock[2 * word + 1]! << 8);
    decryptBlock(block, words);
    for (let octet = 0; octet < blockBytes; octet += 1) {
      plain[at + octet] = ((block[octet >> 1]! >> (8 * (octet & 1))) & 0xff) ^ previous[octet]!;
    }
    previous = cipherBlock;
  }
  return unpad(plain);
}

function unpad(plain: Uint8Array): Uint8Array | undefined {
  const count = plain[plain.length - 1]!;
  if (count < 1 || count > blockBytes) return undefined;
  const padding = plain.subarray(plain.length - count);
  return padding.every((octet) => octet === count) ? plain.subarray(0, plain.length - count) : undefined;
}
