import { isUtf8 } from 'node:buffer';
import { SsympaError } from '../errors.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { OpenedContent } from '../smime/opened.ts';
import { type EntitySealer, type SealedBody, sealEntity } from '../smime/seal-entity.ts';
import { dotStuff } from '../smtp/dot-stuffing.ts';
import type { Distribution } from '../store/distributions.ts';
import type { DeliveryErrorCode } from './error.ts';
import { type SealCipher, type SealPolicy, sealClassOf } from './seal-class.ts';

/** One recipient and what is known of how to seal for it. */
export interface CopyRecipient {
  readonly address: string;
  readonly certificate: Certificate | undefined;
  readonly capabilities: readonly string[] | null;
}

/** The bytes for one recipient, or why there are none. */
export type Copy =
  | {
      readonly status: 'copy';
      readonly pieces: readonly Uint8Array[];
      /** The header holds UTF-8 (RFC 6532), so the peer must offer SMTPUTF8. */
      readonly utf8Header: boolean;
      /** There are other bytes above 127, so the peer must offer 8BITMIME. */
      readonly eightBit: boolean;
    }
  | { readonly status: 'waits'; readonly code: DeliveryErrorCode };

/** Gives the copies of one distribution. */
export interface CopySource {
  copyFor(recipient: CopyRecipient): Copy;
}

const encoder = new TextEncoder();
const lineEnd = encoder.encode('\r\n');

/** Gives the same bytes to everybody: a plain post or a notice. */
export function plainCopies(distribution: Distribution): CopySource {
  const body = distribution.content ?? new Uint8Array();
  const pieces = [dotStuff(distribution.head), lineEnd, endedByLine(dotStuff(body))];
  const utf8Header = isUtf8Header(distribution.head);
  const eightBit = hasEightBit(body) || (!utf8Header && hasEightBit(distribution.head));
  return { copyFor: () => ({ status: 'copy', pieces, utf8Header, eightBit }) };
}

/** Seals for each recipient: the content is encrypted once a cipher, its key wrapped once a recipient. */
export class SealedCopies implements CopySource {
  readonly #head: Uint8Array;
  readonly #payload: OpenedContent;
  readonly #policy: SealPolicy;
  readonly #utf8Header: boolean;
  readonly #eightBitHeader: boolean;
  readonly #sealers = new Map<SealCipher, { readonly sealer: EntitySealer; readonly head: Uint8Array }>();

  /** @param payload the entity inside the envelope, in memory only */
  constructor(head: Uint8Array, payload: OpenedContent, policy: SealPolicy) {
    this.#head = head;
    this.#payload = payload;
    this.#policy = policy;
    this.#utf8Header = isUtf8Header(head);
    this.#eightBitHeader = !this.#utf8Header && hasEightBit(head);
  }

  copyFor(recipient: CopyRecipient): Copy {
    if (!recipient.certificate) return { status: 'waits', code: 'certificate-missing' };
    const sealClass = sealClassOf(recipient.capabilities, this.#policy);
    if (sealClass.status === 'waits') return sealClass;
    const { sealer, head } = this.#sealerOf(sealClass.cipher);
    const body = sealFor(sealer, recipient.certificate);
    if (!body) return { status: 'waits', code: 'certificate-missing' };
    // A sealed body is base64; only the outer header can need more.
    return {
      status: 'copy',
      pieces: [head, body.head, body.tail],
      utf8Header: this.#utf8Header,
      eightBit: this.#eightBitHeader,
    };
  }

  #sealerOf(cipher: SealCipher): { readonly sealer: EntitySealer; readonly head: Uint8Array } {
    const kept = this.#sealers.get(cipher);
    if (kept) return kept;
    const sealer = sealEntity(this.#payload, cipher);
    const fields = encoder.encode(`MIME-Version: 1.0\r\n${sealer.fields}\r\n`);
    const made = { sealer, head: joined(dotStuff(this.#head), fields) };
    this.#sealers.set(cipher, made);
    return made;
  }
}

/** One certificate that cannot be encrypted to must not keep the others from their copies. */
function sealFor(sealer: EntitySealer, certificate: Certificate): SealedBody | undefined {
  try {
    return sealer.copyFor(certificate);
  } catch (error) {
    if (error instanceof SsympaError && error.code === 'cannot-encrypt-to') return undefined;
    throw error;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function endedByLine(body: Uint8Array): Uint8Array {
  const ended = body.length === 0 || (body.at(-1) === 0x0a && body.at(-2) === 0x0d);
  return ended ? body : joined(body, lineEnd);
}

/** RFC 6532 §3.1: an internationalized header is UTF-8; other bytes above 127 are no reason to ask for SMTPUTF8. */
function isUtf8Header(head: Uint8Array): boolean {
  return hasEightBit(head) && isUtf8(head);
}

function hasEightBit(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return true;
  return false;
}
