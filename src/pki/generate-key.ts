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
