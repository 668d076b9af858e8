import { canonicalAddress } from '../mime/address.ts';
import { decodeEncodedWords } from '../mime/encoded-word.ts';
import type { Entity } from '../mime/entity.ts';
import { findField, findFields, type Header, type HeaderField } from '../mime/header.ts';
import { cryptographicForm } from './cryptographic-form.ts';
import { readHeaderFrom } from './header-from.ts';

/** What protects the header fields inside the layers: what holds of the message as a whole. RFC 9788 §4.3. */
export type ProtectionStatus = 'unprotected' | 'signed-only' | 'encrypted-only' | 'signed-and-encrypted';

/** Header fields that travel inside the layers. RFC 9788. */
export interface HeaderProtection {
  /** What the payload says of itself (`hp`); it proves nothing. Older schemes: `cipher` where an envelope was opened. */
  readonly mode: 'none' | 'clear' | 'cipher';
  readonly scheme: 'rfc9788' | 'protected-headers-v1' | 'rfc8551' | null;
  /** What really protects them; `unprotected` values must not decide anything. */
  readonly status: ProtectionStatus;
  /** Decoded text of the protected field; null without one. */
  readonly subject: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly date: string | null;
  /** Names of protected fields whose value the outer header did not show, in their order. */
  readonly confidential: readonly string[];
  /** The protected From names another address than the outer one, which alone counts. RFC 9788 §4.4. */
  readonly fromDiffers: boolean;
}

/** What the layers around a payload are worth. */
export interface ProtectionInput {
  readonly outer: Header;
  /** The root of the cryptographic payload; undefined without any signed or encrypted layer around it. */
  readonly payload: Entity | undefined;
  readonly decrypted: boolean;
  readonly validlySigned: boolean;
}

const unprotected: HeaderProtection = {
  mode: 'none',
  scheme: null,
  status: 'unprotected',
  subject: null,
  from: null,
  to: null,
  date: null,
  confidential: [],
  fromDiffers: false,
};

interface Found {
  readonly mode: 'clear' | 'cipher';
  readonly scheme: 'rfc9788' | 'protected-headers-v1' | 'rfc8551';
  readonly header: Header;
}

/**
 * Reads the protected header fields of a message as values; they replace nothing outside.
 *
 * @param input the outer header, and the payload within all layers
 */
export function readHeaderProtection(input: ProtectionInput): HeaderProtection {
  const found = input.payload && findProtected(input.payload, input.decrypted);
  if (!found) return unprotected;
  const { header, mode, scheme } = found;
  const text = (name: string) => findField(header, name)?.body ?? null;
  const subject = text('Subject');
  return {
    mode,
    scheme,
    status: statusOf(input),
    subject: subject === null ? null : decodeEncodedWords(subject),
    from: text('From'),
    to: text('To'),
    date: text('Date'),
    confidential: input.decrypted ? confidentialFields(found, input.outer) : [],
    fromDiffers: differs(header, input.outer),
  };
}

function statusOf({ decrypted, validlySigned }: ProtectionInput): ProtectionStatus {
  if (decrypted) return validlySigned ? 'signed-and-encrypted' : 'encrypted-only';
  return validlySigned ? 'signed-only' : 'unprotected';
}

/** RFC 9788 §2.1.1: the parameter counts at the root of the payload and nowhere else. */
function findProtected(payload: Entity, decrypted: boolean): Found | undefined {
  const { parameters } = payload.contentType;
  const { header } = payload;
  const hp = hpOf(payload);
  if (hp) return { mode: hp, scheme: 'rfc9788', header };
  const mode = decrypted ? 'cipher' : 'clear';
  if (parameters.get('protected-headers')?.toLowerCase() === 'v1')
    return { mode, scheme: 'protected-headers-v1', header };
  const inner = wrappedMessage(payload);
  return inner && { mode, scheme: 'rfc8551', header: inner.header };
}

function hpOf(entity: Entity): 'clear' | 'cipher' | undefined {
  const hp = entity.contentType.parameters.get('hp')?.toLowerCase();
  return hp === 'clear' || hp === 'cipher' ? hp : undefined;
}

/**
 * Gives the message that a payload of the RFC 8551 scheme wraps. RFC 9788 §4.10.1.
 *
 * @param payload root of the cryptographic payload
 */
export function wrappedMessage(payload: Entity): Entity | undefined {
  const [inner] = payload.children;
  if (payload.contentType.type !== 'message/rfc822' || inner === undefined) return undefined;
  return hpOf(payload) || hpOf(inner) || cryptographicForm(inner).form !== 'plain' ? undefined : inner;
}

/** Tells whether a field describes the MIME structure, and so protects nothing. RFC 9788 §1.1.1. */
export function isStructuralField(name: string): boolean {
  return /^(?:content-|mime-version$)/i.test(name);
}

/** RFC 9788 §4.3.1, §4.10.2: HP-Outer tells what the sender put outside; the older schemes are held against what came. */
function confidentialFields({ header, scheme, mode }: Found, outer: Header): readonly string[] {
  if (mode !== 'cipher') return [];
  const shown = scheme === 'rfc9788' ? outerCopies(header) : keysOf(outer.fields);
  const own = header.fields.filter(({ name }) => !isStructuralField(name) && !isHpOuter(name));
  return [...new Set(own.filter((field) => !shown.has(keyOf(field))).map(({ name }) => name))];
}

function isHpOuter(name: string): boolean {
  return name.toLowerCase() === 'hp-outer';
}

function outerCopies(header: Header): ReadonlySet<string> {
  return new Set(
    findFields(header, 'HP-Outer').map(({ body }) => {
      const colon = body.indexOf(':');
      return key(body.slice(0, Math.max(colon, 0)), body.slice(colon + 1));
    }),
  );
}

function keysOf(fields: readonly HeaderField[]): ReadonlySet<string> {
  return new Set(fields.map(keyOf));
}

function keyOf({ name, body }: HeaderField): string {
  return key(name, body);
}

function key(name: string, body: string): string {
  return `${name.trim().toLowerCase()}:${body.trim().replace(/[ \t]+/g, ' ')}`;
}

/** RFC 9788 §4.4.1: addr-specs are compared, not display names. */
function differs(header: Header, outer: Header): boolean {
  const inner = readHeaderFrom(header);
  if (inner.addresses.length === 0) return false;
  const outside = readHeaderFrom(outer).addresses.map(canonicalAddress);
  const inside = inner.addresses.map(canonicalAddress);
  return inside.length !== outside.length || inside.some((address, index) => address !== outside[index]);
}
