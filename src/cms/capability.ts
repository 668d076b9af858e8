import { type Asn1, derOid, derSequence, readAsn1, readOid, readSequence } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';

/** One SMIMECapability, RFC 8551 §2.5.2. */
export interface Capability {
  readonly oid: string;
  /** The parameters as they stand in DER; undefined where absent. */
  readonly parameters: Uint8Array | undefined;
}

/** What a signer may announce beyond ciphers. */
const capabilityOids = {
  'aes-128-cbc': oids.aes128Cbc,
  'aes-192-cbc': oids.aes192Cbc,
  'aes-256-cbc': oids.aes256Cbc,
  'aes-128-gcm': oids.aes128Gcm,
  'aes-192-gcm': oids.aes192Gcm,
  'aes-256-gcm': oids.aes256Gcm,
  'chacha20-poly1305': oids.chacha20Poly1305,
  '3des-cbc': oids.desEde3Cbc,
  'rc2-cbc': oids.rc2Cbc,
  'rsaes-oaep': oids.rsaesOaep,
} as const;

export type CapabilityName = keyof typeof capabilityOids;

const nameByOid: ReadonlyMap<string, CapabilityName> = new Map(
  Object.entries(capabilityOids).map(([name, oid]) => [oid, name as CapabilityName]),
);

/** More are not looked at: a preference that comes so late decides nothing. */
const maxCapabilities = 64;

/**
 * Reads the value of an SMIMECapabilities attribute.
 *
 * @returns the capabilities in the signer's order of preference
 * @throws PkiError of the reader
 */
export function readCapabilities(value: Asn1): readonly Capability[] {
  return readSequence(value, 'S/MIME capabilities')
    .slice(0, maxCapabilities)
    .map((member) => {
      const [oid, parameters] = readSequence(member, 'an S/MIME capability');
      return { oid: readOid(oid), parameters: parameters?.raw };
    });
}

/**
 * Gives the names of the capabilities that we know, in the signer's order of preference.
 *
 * @param capabilities from the verdict of a signer, or {@link parseCapabilities}
 */
export function capabilityNames(capabilities: readonly Capability[]): readonly CapabilityName[] {
  return capabilities.flatMap(({ oid }) => nameByOid.get(oid) ?? []);
}

/**
 * Reads stored SMIMECapabilities.
 *
 * @param der as {@link formatCapabilities} gives it
 * @throws PkiError of the reader
 */
export function parseCapabilities(der: Uint8Array): readonly Capability[] {
  return readCapabilities(readAsn1(der));
}

/** Writes SMIMECapabilities in DER, RFC 8551 §2.5.2. */
export function formatCapabilities(capabilities: readonly Capability[]): Uint8Array {
  return derSequence(
    ...capabilities.map(({ oid, parameters }) =>
      parameters === undefined ? derSequence(derOid(oid)) : derSequence(derOid(oid), parameters),
    ),
  );
}

/** What we can read ourselves, best first; 3DES and RC2 are never announced. */
export const ownCapabilities: readonly Capability[] = [
  'aes-256-gcm',
  'aes-128-gcm',
  'chacha20-poly1305',
  'aes-256-cbc',
  'aes-192-cbc',
  'aes-128-cbc',
].map((name) => ({ oid: capabilityOids[name as CapabilityName], parameters: undefined }));
