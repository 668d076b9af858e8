import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A new key. */
export interface GeneratedKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Makes a key pair on the curve P-256 (FIPS 186-5), for the certificate of the web interface and the like. */
export function generateP256KeyPair(): GeneratedKeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

const rsa = (modulusLength: number) => () => generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve });

/** Makers of keys that can sign and decrypt mail, by the names that a command line takes. */
const makers = {
  'rsa-2048': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-4096': rsa(4096),
  'p-256': ec('P-256'),
  'p-384': ec('P-384'),
  'p-521': ec('P-521'),
} as const satisfies Readonly<Record<string, () => GeneratedKeyPair>>;

/** A kind of key that {@link generateKeyPair} makes. */
export type MailKeyAlgorithm = keyof typeof makers;

/** The names of the kinds. */
export const mailKeyAlgorithms = Object.keys(makers) as readonly MailKeyAlgorithm[];

/** Makes a key pair of a kind that can sign and decrypt mail. */
export function generateKeyPair(algorithm: MailKeyAlgorithm): GeneratedKeyPair {
  return makers[algorithm]();
}
