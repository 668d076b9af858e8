import type { Site } from '../config/site.ts';
import { silentLog } from '../log.ts';
import { certificateUses } from '../pki/certificate.ts';
import {
  encryptionIdentity,
  type ListIdentity,
  ListKeyring,
  type ListKeys,
  signingIdentity,
} from '../trust/list-keys.ts';
import type { KeyOwner } from '../trust/site-key.ts';

/** What a key does: `given out` to those who encrypt, `signs`, `decrypts`. */
export type KeyRole = 'given out' | 'signs' | 'decrypts';

/** Reads the keys of a list, or of the address that takes commands. */
export function keysOf({ conf }: Site, { directory }: KeyOwner): Promise<ListKeys> {
  return new ListKeyring(() => conf.key_passwd, silentLog).keysOf(directory);
}

/** Tells what one of the keys does. */
export function rolesOf(identity: ListIdentity, keys: ListKeys): readonly KeyRole[] {
  return [
    ...(encryptionIdentity(keys) === identity ? (['given out'] as const) : []),
    ...(signingIdentity(keys) === identity ? (['signs'] as const) : []),
    ...(certificateUses(identity.certificate).encrypt ? (['decrypts'] as const) : []),
  ];
}

/** Names a generation as the commands take it: `current`, `enc`, `2026-01-31` … */
export function generationName(generation: string): string {
  return generation === '' ? 'current' : generation.slice(1);
}

/** Says, a sentence a line, which of the keys is given out and which signs. */
export function duties(keys: ListKeys): readonly string[] {
  const [given, signer] = [encryptionIdentity(keys), signingIdentity(keys)];
  return [
    given
      ? `${named(given)} is given out`
      : 'no certificate is given out: nobody can encrypt to this address',
    signer ? `${named(signer)} signs` : 'no key signs: mail of this address goes out unsigned',
  ];
}

function named({ generation, certificate }: ListIdentity): string {
  return `${generationName(generation)} (until ${new Date(certificate.notAfterMs).toISOString().slice(0, 10)})`;
}
