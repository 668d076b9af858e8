import { describe, expect, it } from 'vitest';
import { type Entity, parseEntity } from '../mime/entity.ts';
import { isStructuralField, type ProtectionInput, readHeaderProtection } from './header-protection.ts';

function entityOf(...lines: readonly string[]): Entity {
  return parseEntity(new TextEncoder().encode(lines.join('\r\n')));
}

const outer = entityOf('From: Alice <alice@example.org>', 'Subject: [...]', 'Date: now', '', '').header;
const payload = entityOf(
  'From: Alice <alice@example.org>',
  'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
  'Date: now',
  'HP-Outer: From: Alice <alice@example.org>',
  'HP-Outer: Subject: [...]',
  'HP-Outer: Date: now',
  'Content-Type: text/plain; hp="cipher"',
  '',
  'text',
);
const sealed: ProtectionInput = { outer, payload, decrypted: true, validlySigned: true };

describe('protected header fields', () => {
  it('are given as values, with what protects them', () => {
    expect(readHeaderProtection(sealed)).toEqual({
      mode: 'cipher',
      scheme: 'rfc9788',
      status: 'signed-and-encrypted',
      subject: 'Grüße',
      from: 'Alice <alice@example.org>',
      to: null,
      date: 'now',
      confidential: ['Subject'],
      fromDiffers: false,
    });
  });

  it.each([
    [true, true, 'signed-and-encrypted'],
    [true, false, 'encrypted-only'],
    [false, true, 'signed-only'],
    [false, false, 'unprotected'],
  ] as const)('decrypted %s, validly signed %s: %s', (decrypted, validlySigned, status) => {
    expect(readHeaderProtection({ ...sealed, decrypted, validlySigned }).status).toBe(status);
  });

  it('count as confidential only where an envelope was opened and the sender meant it', () => {
    expect(readHeaderProtection({ ...sealed, decrypted: false }).confidential).toEqual([]);
    const clear = entityOf('Subject: inside', 'Content-Type: text/plain; hp="clear"', '', '');
    expect(readHeaderProtection({ ...sealed, payload: clear }).confidential).toEqual([]);
  });

  it('say nothing without a layer, and nothing deeper in the tree', () => {
    expect(readHeaderProtection({ ...sealed, payload: undefined }).mode).toBe('none');
    const deeper = entityOf(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Subject: inside',
      'Content-Type: text/plain; hp="clear"',
      '',
      '',
      '--b--',
    );
    expect(readHeaderProtection({ ...sealed, payload: deeper }).mode).toBe('none');
  });

  it('tell of a From that differs from the outer one by its address, not by its name', () => {
    const from = (text: string) =>
      readHeaderProtection({
        ...sealed,
        payload: entityOf(`From: ${text}`, 'Content-Type: text/plain; hp=clear', '', ''),
      }).fromDiffers;
    expect(from('ALICE@Example.org')).toBe(false);
    expect(from('"boss@example.org" <alice@example.org>')).toBe(false);
    expect(from('Alice <boss@example.org>')).toBe(true);
  });

  it('are read in the scheme before RFC 9788', () => {
    const v1 = entityOf('Subject: inside', 'Content-Type: text/plain; protected-headers="v1"', '', '');
    expect(readHeaderProtection({ ...sealed, payload: v1 })).toMatchObject({
      mode: 'cipher',
      scheme: 'protected-headers-v1',
      subject: 'inside',
      confidential: ['Subject'],
    });
    expect(readHeaderProtection({ ...sealed, payload: v1, decrypted: false }).mode).toBe('clear');
  });

  it('are read from a wrapped message, unless a layer of its own is in it', () => {
    const wrapped = entityOf('Content-Type: message/rfc822', '', 'Subject: inside', '', 'text');
    expect(readHeaderProtection({ ...sealed, payload: wrapped })).toMatchObject({
      scheme: 'rfc8551',
      subject: 'inside',
    });
    const signed = entityOf(
      'Content-Type: message/rfc822',
      '',
      'Content-Type: application/pkcs7-mime',
      '',
      '',
    );
    expect(readHeaderProtection({ ...sealed, payload: signed }).mode).toBe('none');
  });

  it('are all but the structural ones', () => {
    expect(['Content-Type', 'content-id', 'MIME-Version'].every(isStructuralField)).toBe(true);
    expect(['Subject', 'From', 'X-Content-Type', 'MIME-Version-2'].some(isStructuralField)).toBe(false);
  });
});
