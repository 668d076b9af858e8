import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../src/pki/certificate.ts';
import { type EntitySealer, sealEntity } from '../../src/smime/seal-entity.ts';
import { signEntity } from '../../src/smime/sign-entity.ts';

/** A pair of the test CA. */
export interface TestIdentity {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

/** Outer header of a message in a story. */
export interface MailFields {
  readonly from: string;
  readonly to: string;
  readonly subject?: string;
  readonly messageId?: string;
  /** More fields, each `Name: body`. */
  readonly more?: readonly string[];
}

const encoder = new TextEncoder();
let serial = 0;

/** Makes a text/plain entity. */
export function textEntity(text: string): Uint8Array {
  const body = text.replaceAll(/\r?\n/g, '\r\n');
  return encoder.encode(
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}`,
  );
}

/** Puts an entity with its Content-* fields behind an outer header. */
export function message(fields: MailFields, entity: Uint8Array): Uint8Array {
  serial++;
  const head = [
    `From: ${fields.from}`,
    `To: ${fields.to}`,
    `Subject: ${fields.subject ?? 'A story'}`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    `Message-ID: ${fields.messageId ?? `<story-${process.pid}-${serial}-${Date.now()}@example.org>`}`,
    ...(fields.more ?? []),
    'MIME-Version: 1.0',
  ];
  return join(encoder.encode(`${head.join('\r\n')}\r\n`), entity);
}

/** Makes a plain text message. */
export function plainMessage(fields: MailFields, text: string): Uint8Array {
  return message(fields, textEntity(text));
}

/** Signs an entity, clear by default. */
export function signed(
  entity: Uint8Array,
  identity: TestIdentity,
  options: {
    readonly opaque?: boolean;
    readonly atMs?: number;
    readonly chain?: readonly Certificate[];
  } = {},
): Uint8Array {
  const { opaque = false, atMs = Date.now(), chain = [] } = options;
  return signEntity(entity, { ...identity, chain }, { opaque, atMs });
}

/** Encrypts an entity to one certificate. */
export function encrypted(
  entity: Uint8Array,
  certificate: Certificate,
  cipher: EntitySealer['cipher'] = 'aes-256-gcm',
): Uint8Array {
  const sealer = sealEntity(entity, cipher);
  const { head, tail } = sealer.copyFor(certificate);
  return join(encoder.encode(`${sealer.fields}\r\n`), join(head, tail));
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([a, b]));
}
