import { type Asn1, readBitString } from './der.ts';
import { PkiError } from './error.ts';

/** The bits of KeyUsage in their order, RFC 5280 §4.2.1.3. */
export const keyUsageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** One bit of KeyUsage. */
export type KeyUsageBit = (typeof keyUsageBits)[number];

/**
 * Reads the value of the KeyUsage extension.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readKeyUsage(node: Asn1): ReadonlySet<KeyUsageBit> {
  const { bytes } = readBitString(node, 'the key usage');
  const usage = new Set(
    keyUsageBits.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0),
  );
  // RFC 5280 §4.2.1.3: at least one of the bits must be set.
  if (usage.size === 0) throw new PkiError('asn1-value', 'the key usage has no bit set');
  return usage;
}
