import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canaryBody, canaryText, findCanary } from './canary.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'canary-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const body = Buffer.from(canaryBody(640));

function quotedPrintable(bytes: Buffer): string {
  const escaped = bytes
    .toString('latin1')
    .replaceAll(/[=\x7f-\xff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return escaped.replaceAll(/(.{70})/g, '$1=\r\n');
}

function base64Lines(bytes: Buffer, shift: number): string {
  return Buffer.concat([Buffer.from('x'.repeat(shift)), bytes])
    .toString('base64')
    .replaceAll(/(.{76})/g, '$1\r\n');
}

const planted: readonly (readonly [string, Buffer | string])[] = [
  ['raw', body],
  ['latin1', Buffer.from(canaryBody(640), 'latin1')],
  ['utf-16le', Buffer.from(canaryBody(640), 'utf16le')],
  ['utf-16be', Buffer.from(canaryBody(640), 'utf16le').swap16()],
  ['hex', body.toString('hex')],
  ['quoted-printable', quotedPrintable(body)],
  ['base64 phase 0', base64Lines(Buffer.from(canaryText), 0)],
  ['base64 phase 1', base64Lines(Buffer.from(canaryText), 1)],
  ['base64 phase 2', base64Lines(Buffer.from(canaryText), 2)],
  ['inflated raw', Buffer.concat([Buffer.from('some header'), deflateSync(body), Buffer.from('tail')])],
  ['inflated raw', Buffer.concat([Buffer.from('some header'), gzipSync(body), Buffer.from('tail')])],
  ['inflated raw', deflateRawSync(body)],
  ['inflated base64 phase 0', deflateSync(base64Lines(body, 0))],
];

describe('the search for plaintext', () => {
  it.each(planted)('finds a planted copy as %s', (form, bytes) => {
    writeFileSync(join(folder, 'planted.bin'), bytes);
    expect(findCanary([folder]).map((hit) => hit.form)).toContain(form);
  });

  it('finds nothing where nothing was planted', () => {
    writeFileSync(join(folder, 'clean.bin'), Buffer.from('nothing of the kind'.repeat(100)));
    expect(findCanary([folder])).toEqual([]);
  });
});
