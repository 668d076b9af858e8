import { describe, expect, it } from 'vitest';
import { derInteger } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { capabilityNames, formatCapabilities, ownCapabilities, parseCapabilities } from './capability.ts';

describe('S/MIME capabilities', () => {
  it('come back as they were written, parameters included', () => {
    const all = [
      ...ownCapabilities,
      { oid: oids.rc2Cbc, parameters: derInteger(128) },
      { oid: '1.2.3', parameters: undefined },
    ];
    expect(parseCapabilities(formatCapabilities(all))).toEqual(all);
  });

  it('are named in the order of preference, unknown ones left out', () => {
    const all = [oids.aes128Cbc, '1.2.3', oids.aes256Gcm].map((oid) => ({ oid, parameters: undefined }));
    expect(capabilityNames(all)).toEqual(['aes-128-cbc', 'aes-256-gcm']);
  });

  it('of ours begin with AES-GCM and name nothing that is broken', () => {
    expect(capabilityNames(ownCapabilities)).toEqual([
      'aes-256-gcm',
      'aes-128-gcm',
      'chacha20-poly1305',
      'aes-256-cbc',
      'aes-192-cbc',
      'aes-128-cbc',
    ]);
    // What has no name of ours would be missing above.
    expect(ownCapabilities).toHaveLength(6);
  });
});
