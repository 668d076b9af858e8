import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../mime/address.ts';
import { formatSmimeaLine, smimeaNameOf } from './smimea-name.ts';

const labelOf = (local: string) =>
  createHash('sha256').update(local, 'utf8').digest().subarray(0, 28).toString('hex');

describe('the name of SMIMEA records', () => {
  it('is the one of the example in RFC 8162', () => {
    const label = 'c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6';
    expect(smimeaNameOf('hugh@example.com')).toBe(`${label}._smimecert.example.com`);
  });

  it.each([
    ['quotes and what quotes a letter do not count', '"a\\"b c"@example.org', 'a"b c'],
    ['letters stay as they are', 'Hugh@example.org', 'Hugh'],
    ['what is not ASCII counts in UTF-8, composed', 'u\u0308ber@example.org', '\u00fcber'],
    ['what is behind a plus sign counts', 'a+b@example.org', 'a+b'],
  ])('%s', (_what, address, local) => {
    expect(smimeaNameOf(address)).toBe(`${labelOf(local)}._smimecert.example.org`);
  });

  it('is that of a domain in A-labels, as addresses are kept here', () => {
    const name = smimeaNameOf(canonicalAddress('a@b\u00fccher.example'));
    expect(name).toBe(`${labelOf('a')}._smimecert.xn--bcher-kva.example`);
  });

  it.each([
    'a@[192.0.2.1]',
    'a',
    '@example.org',
    'a@',
    `a@${'b'.repeat(64)}.example`,
    `a@${'b.'.repeat(100)}example`,
    'a@b..c',
  ])('does not exist for %s', (address) => {
    expect(smimeaNameOf(address)).toBeUndefined();
  });
});

describe('a line for a zone', () => {
  it('has the numbers and the data in hex', () => {
    const data = Uint8Array.of(1, 0xab);
    const record = { usage: 'dane-ta', selector: 'public-key', matchingType: 'sha512', data } as const;
    expect(formatSmimeaLine('x.example', record)).toBe('x.example. IN SMIMEA 2 1 2 01ab');
  });
});
