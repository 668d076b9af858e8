import { createHash } from 'node:crypto';
import { derInteger } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';

/** A message digest that signatures, key derivation or padding may name. */
export interface Digest {
  /** Its name in `inspect` and in verdicts. */
  readonly name: DigestName;
  readonly oid: string;
  /** Name in node:crypto. */
  readonly hash: string;
  /** Length of the output. */
  readonly bytes: number;
}

export type DigestName =
  | 'md5'
  | 'sha1'
  | 'sha224'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sha3-224'
  | 'sha3-256'
  | 'sha3-384'
  | 'sha3-512'
  | 'shake256';

const nist = '2.16.840.1.101.3.4.2';

/** RFC 3370 §2, RFC 5754 §2, RFC 8702 §3. */
const digests: readonly Digest[] = [
  { name: 'md5', oid: oids.md5, hash: 'md5', bytes: 16 },
  { name: 'sha1', oid: oids.sha1, hash: 'sha1', bytes: 20 },
  { name: 'sha224', oid: `${nist}.4`, hash: 'sha224', bytes: 28 },
  { name: 'sha256', oid: `${nist}.1`, hash: 'sha256', bytes: 32 },
  { name: 'sha384', oid: `${nist}.2`, hash: 'sha384', bytes: 48 },
  { name: 'sha512', oid: `${nist}.3`, hash: 'sha512', bytes: 64 },
  { name: 'sha3-224', oid: `${nist}.7`, hash: 'sha3-224', bytes: 28 },
  { name: 'sha3-256', oid: `${nist}.8`, hash: 'sha3-256', bytes: 32 },
  { name: 'sha3-384', oid: `${nist}.9`, hash: 'sha3-384', bytes: 48 },
  { name: 'sha3-512', oid: `${nist}.10`, hash: 'sha3-512', bytes: 64 },
  { name: 'shake256', oid: `${nist}.12`, hash: 'shake256', bytes: 64 },
];

const byName: ReadonlyMap<string, Digest> = new Map(digests.map((digest) => [digest.name, digest]));

const byOid: ReadonlyMap<string, Digest> = new Map([
  ...digests.map((digest) => [digest.oid, digest] as const),
  // RFC 8419 §2.3: SHAKE256 with the length as a parameter; a length other than 512 bits only fails to match.
  [oids.shake256Len, byName.get('shake256')!] as const,
]);

/** Finds a digest by its object identifier; undefined when it is none that we compute. */
export function findDigest(oid: string): Digest | undefined {
  return byOid.get(oid);
}

/** Gives a digest by name. */
export function digestNamed(name: DigestName): Digest {
  return byName.get(name)!;
}

/** Writes the identifier of a digest: parameters absent, RFC 5754 §2; SHAKE256 names its 512 bits, RFC 8419 §2.3. */
export function derDigestAlgorithm(digest: Digest): Uint8Array {
  return digest.name === 'shake256'
    ? derAlgorithm(oids.shake256Len, derInteger(8 * digest.bytes))
    : derAlgorithm(digest.oid);
}

/** Computes a digest over pieces of bytes, one after the other. */
export function computeDigest(digest: Digest, ...pieces: readonly Uint8Array[]): Uint8Array {
  const hash =
    digest.name === 'shake256'
      ? createHash(digest.hash, { outputLength: digest.bytes })
      : createHash(digest.hash);
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
