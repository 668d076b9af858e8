import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Makes a random token of URL-safe characters.
 *
 * @param bytes amount of randomness; 16 and more for anything that grants a right
 */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** Gives random octets, for identifiers that a stranger must not guess. */
export function randomOctets(count: number): Uint8Array {
  return randomBytes(count);
}

const idAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Identifiers of one millisecond, in the order in which this process made them. */
const inTurn = { ms: -1, count: 0 };

/**
 * Makes an identifier that sorts by time: 10 characters of milliseconds, 3 of a count within the millisecond, 13 of
 * randomness, lower-case base 32. Those that one process makes sort in their order.
 *
 * @param nowMs the time, from the caller's clock
 */
export function newId(nowMs: number): string {
  const ms = Math.floor(nowMs);
  inTurn.count = ms === inTurn.ms ? (inTurn.count + 1) % 32 ** 3 : 0;
  inTurn.ms = ms;
  let tail = '';
  for (const byte of randomBytes(13)) tail += idAlphabet[byte & 31];
  return inBase32(ms, 10) + inBase32(inTurn.count, 3) + tail;
}

function inBase32(value: number, length: number): string {
  let text = '';
  for (let rest = value, i = 0; i < length; i++) {
    text = idAlphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Gives the SHA-256 of some bytes in lower-case hex. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Gives the SHA-512 of some bytes in lower-case hex. */
export function sha512Hex(data: Uint8Array): string {
  return createHash('sha512').update(data).digest('hex');
}

/** Gives a keyed SHA-256 (RFC 2104) in lower-case hex. */
export function hmacSha256Hex(key: string, data: string): string {
  return createHmac('sha256', key).update(data).digest('hex');
}

/** Compares two secrets in a time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest();
  const right = createHash('sha256').update(b).digest();
  return timingSafeEqual(left, right);
}

const keyAlphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Makes a key that a person may have to type: 128 bits of randomness in 26 letters and digits that look unlike each other. */
export function newKey(): string {
  let key = '';
  // 26 × 5 bits; each octet gives five of its own.
  for (const byte of randomBytes(26)) key += keyAlphabet[byte & 31];
  return key;
}
