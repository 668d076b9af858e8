import { SsympaError } from '../errors.ts';
import type { Certificate } from '../pki/certificate.ts';
import { sealEntity } from '../smime/seal-entity.ts';
import { signEntity } from '../smime/sign-entity.ts';
import type { EncryptionChoice } from '../trust/encryption-choice.ts';
import type { OwnSigner } from '../trust/own-signer.ts';
import { protectMail } from './own-mail.ts';
import { type SealCipher, type SealPolicy, sealClassOf, sealPolicyFor } from './seal-class.ts';

/** Who signs a message of ours, and when. */
export interface SignOwn {
  /** Nobody where there is no key. */
  readonly signer: OwnSigner | undefined;
  readonly atMs: number;
}

/** To whom a message of ours is sealed, and how. */
export interface OwnSeal {
  readonly cipher: SealCipher;
  readonly certificates: readonly Certificate[];
}

/**
 * Signs a message of ours, its header protected (RFC 9788, `hp="clear"`); one whose list has no key stays as it is.
 *
 * @param raw as it was rendered; From is the address that the certificate of the signer names
 * @param entity what is signed in place of its text
 * @returns the whole message
 */
export function signOwnMail(raw: Uint8Array, { signer, atMs }: SignOwn, entity?: Uint8Array): Uint8Array {
  if (!signer) return raw;
  const { head, payload } = protectMail(raw, 'clear', entity);
  return whole(head, signEntity(payload, signer, { opaque: false, atMs }));
}

/**
 * Signs a message of ours and seals it, its header protected (RFC 9788, `hp="cipher"`).
 *
 * @returns the whole message; `undefined` where a certificate turns out not to be one to encrypt to
 */
export function sealOwnMail(
  raw: Uint8Array,
  by: SignOwn,
  { cipher, certificates }: OwnSeal,
): Uint8Array | undefined {
  const { head, payload } = protectMail(raw);
  try {
    const sealer = sealEntity(signPayload(payload, by), cipher);
    return whole(head, Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), sealer.bodyFor(certificates)]));
  } catch (error) {
    if (error instanceof SsympaError && error.code === 'cannot-encrypt-to') return undefined;
    throw error;
  }
}

/** Signs what will be sealed; where nobody can, it stays as it is. */
export function signPayload(payload: Uint8Array, { signer, atMs }: SignOwn): Uint8Array {
  return signer ? signEntity(payload, signer, { opaque: false, atMs }) : payload;
}

/**
 * Decides how a message of ours is sealed to its readers: each must be able to read the one message.
 *
 * @param inbound how that came which it answers; `cbc` where it answers nothing
 * @returns `undefined` where it cannot be sealed to all of them
 */
export function ownSealFor(
  choices: readonly (EncryptionChoice | undefined)[],
  inbound: SealPolicy['inbound'],
): OwnSeal | undefined {
  const found = choices.filter((choice) => choice?.status === 'found');
  if (found.length === 0 || found.length < choices.length) return undefined;
  const policy = sealPolicyFor(inbound, [], false);
  const classes = found.map(({ capabilities }) => sealClassOf(capabilities, policy));
  const ciphers = classes.flatMap((one) => (one.status === 'seal' ? [one.cipher] : []));
  if (ciphers.length < classes.length) return undefined;
  // What the least able reader can read, all can.
  const cipher = leastFirst.find((one) => ciphers.includes(one))!;
  return { cipher, certificates: found.map(({ certificate }) => certificate) };
}

const leastFirst: readonly SealCipher[] = ['aes-256-cbc', 'aes-128-gcm', 'aes-256-gcm'];

function whole(head: Uint8Array, entity: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([head, Buffer.from('MIME-Version: 1.0\r\n'), entity]));
}
