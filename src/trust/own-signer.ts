import type { Clock } from '../clock.ts';
import { SsympaError } from '../errors.ts';
import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses, certificateUses } from '../pki/certificate.ts';
import { sameBytes } from '../pki/der.ts';
import { signEntity } from '../smime/sign-entity.ts';
import { isRetired } from './list-key-files.ts';
import {
  encryptionIdentity,
  type KeyProblemCode,
  type ListIdentity,
  type ListKeyring,
  type ListKeys,
  signingIdentity,
} from './list-keys.ts';
import type { KeyOwner } from './site-key.ts';

/** Why a list or the address that takes commands cannot sign although it has a key. */
export const signingFaultCodes = {
  'address-differs': { meaning: 'The certificate does not name the address that would sign.' },
  'not-in-time': { meaning: 'The certificate has expired, or is not valid yet.' },
  'cannot-sign-with': { meaning: 'The key is of a kind that this service does not sign with.' },
  'folder-unreadable': { meaning: 'The folder of the keys cannot be read.' },
} as const;

export type SigningFaultCode = keyof typeof signingFaultCodes | KeyProblemCode;

/** The pair that signs what a list itself writes. */
export interface OwnSigner extends ListIdentity {
  /** Where others are to encrypt to another certificate. */
  readonly encryptionCertificate?: Certificate;
}

/** Whether a list, or the address that takes commands, signs what it writes. */
export type OwnSigning =
  | { readonly status: 'signs'; readonly signer: OwnSigner }
  | { readonly status: 'no-key' }
  | { readonly status: 'unable'; readonly code: SigningFaultCode };

interface Parts {
  readonly keyring: ListKeyring;
  readonly clock: Clock;
}

/**
 * Finds the pair that signs for an owner of keys: one whose certificate names the address and is valid now. A key that
 * cannot be used is an answer, never an error: what is to be sent goes out all the same.
 */
export async function ownSigning(owner: KeyOwner, { keyring, clock }: Parts): Promise<OwnSigning> {
  const keys = await keysOrUndefined(owner, keyring);
  if (!keys) return { status: 'unable', code: 'folder-unreadable' };
  const usable = usableKeys(keys, owner, clock.now());
  const identity = signingIdentity({ ...keys, identities: usable.identities.filter(canSign) });
  if (!identity) return withoutSigner(keys, owner, clock.now());
  const preferred = encryptionIdentity(usable)?.certificate;
  const differs = preferred !== undefined && preferred.sha256 !== identity.certificate.sha256;
  return { status: 'signs', signer: { ...identity, ...(differs && { encryptionCertificate: preferred }) } };
}

/**
 * Gives the certificate that others are to encrypt to, and those between it and a root, which whoever trusts it has.
 *
 * @returns nothing where there is no certificate, or its key cannot be used now
 */
export async function certificatesToGive(
  owner: KeyOwner,
  { keyring, clock }: Parts,
): Promise<readonly Certificate[]> {
  const keys = await keysOrUndefined(owner, keyring);
  const identity = keys && encryptionIdentity(usableKeys(keys, owner, clock.now()));
  if (!identity) return [];
  const issuers = identity.chain.filter(({ issuer, subject }) => !sameBytes(issuer.der, subject.der));
  return [identity.certificate, ...issuers];
}

async function keysOrUndefined({ directory }: KeyOwner, keyring: ListKeyring): Promise<ListKeys | undefined> {
  try {
    return await keyring.keysOf(directory);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return undefined;
    throw error;
  }
}

function usableKeys(keys: ListKeys, { address }: KeyOwner, atMs: number): ListKeys {
  const identities = keys.identities.filter(
    ({ certificate }) => names(certificate, address) && isInTime(certificate, atMs),
  );
  return { ...keys, identities };
}

function withoutSigner(keys: ListKeys, { address }: KeyOwner, atMs: number): OwnSigning {
  const current = keys.identities.filter(
    ({ certificate, generation }) => certificateUses(certificate).sign && !isRetired(generation),
  );
  const [problem] = keys.problems;
  if (problem) return { status: 'unable', code: problem.code };
  // A list whose only pair is for encryption does not sign: nothing is wrong with that.
  if (current.length === 0) return { status: 'no-key' };
  const named = current.filter(({ certificate }) => names(certificate, address));
  if (named.length === 0) return { status: 'unable', code: 'address-differs' };
  const inTime = named.some(({ certificate }) => isInTime(certificate, atMs));
  return { status: 'unable', code: inTime ? 'cannot-sign-with' : 'not-in-time' };
}

function names(certificate: Certificate, address: string): boolean {
  return certificateAddresses(certificate).some((one) => canonicalAddress(one) === address);
}

function isInTime({ notBeforeMs, notAfterMs }: Certificate, atMs: number): boolean {
  return notBeforeMs <= atMs && atMs <= notAfterMs;
}

const tried = new WeakMap<Certificate, boolean>();

/** Tried once a key, so that mail is not written in the name of an address that then cannot sign it. */
function canSign(identity: ListIdentity): boolean {
  const known = tried.get(identity.certificate);
  if (known !== undefined) return known;
  const able = trySigning(identity);
  tried.set(identity.certificate, able);
  return able;
}

function trySigning(identity: ListIdentity): boolean {
  try {
    signEntity(new Uint8Array(), identity, { opaque: true, atMs: 0 });
    return true;
  } catch (error) {
    if (error instanceof SsympaError) return false;
    throw error;
  }
}
