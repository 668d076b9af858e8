import { describe, expect, it } from 'vitest';
import { headerField } from '../mime/header.ts';
import { isSender, matchSender, readHeaderFrom } from './header-from.ts';
import type { SignerReport } from './layer.ts';

function fromOf(...bodies: readonly string[]) {
  return readHeaderFrom({ fields: bodies.map((body) => headerField(Buffer.from(`From: ${body}\r\n`))) });
}

function signerWith(...addresses: readonly string[]): SignerReport {
  return { addresses } as unknown as SignerReport;
}

describe('the address that a signer is held against', () => {
  it('is the only one in the only From field, in canonical form', () => {
    expect(fromOf('Alice <Alice@EXAMPLE.org>')).toEqual({
      addresses: ['Alice@EXAMPLE.org'],
      sole: 'alice@example.org',
    });
  });

  it.each([
    ['no field', [], 0],
    ['an empty field', [''], 0],
    ['two mailboxes', ['alice@example.org, eve@example.org'], 2],
    ['one mailbox twice', ['alice@example.org, alice@example.org'], 2],
    ['two fields', ['alice@example.org', 'alice@example.org'], 2],
    ['a second field that is empty', ['alice@example.org', ''], 1],
    ['a group of one', ['Friends: alice@example.org;'], 1],
    ['a group of none', ['Friends:;'], 0],
    ['an address with a defect behind it', ['alice@example.org <'], 1],
  ])('is none for %s', (_what, bodies, count) => {
    const from = fromOf(...bodies);
    expect(from.sole).toBeUndefined();
    expect(from.addresses).toHaveLength(count);
    const code = count === 0 ? 'from-missing' : 'from-ambiguous';
    expect(matchSender(from, [signerWith('alice@example.org')])).toMatchObject({ matches: false, code });
    expect(isSender(from, signerWith('alice@example.org'))).toBe(false);
  });
});

describe('the sender of a signed message', () => {
  it('is told apart from a signer whose certificate names no address at all', () => {
    const from = fromOf('alice@example.org');
    expect(matchSender(from, [signerWith()]).code).toBe('signer-has-no-address');
    expect(matchSender(from, [signerWith('eve@example.org')]).code).toBe('signer-not-sender');
    expect(matchSender(from, [signerWith('alice@example.org')])).toMatchObject({ matches: true, code: null });
  });
});
