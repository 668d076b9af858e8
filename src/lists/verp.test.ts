import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import { addressDigest, formatVerp, parseVerp } from './verp.ts';

const key = 'a key';
const list = 'plans@example.org';

describe('formatVerp', () => {
  it('puts recipient, list and a MAC into the local part', () => {
    expect(formatVerp(list, 'ann@b.example', key)).toMatch(
      /^bounce\+ann==b\.example==plans==[0-9a-f]{8}@example\.org$/,
    );
  });

  it('makes an address that any MTA takes, whatever the recipient is', () => {
    for (const address of [
      '"john doe"@x.org',
      'a%b@x.org',
      'jörg@x.org',
      'a_b@x.org',
      "o'neil@x.org",
      '"a..b"@x.org',
      'a/b|c@x.org',
    ]) {
      const made = formatVerp(list, address, key);
      expect(parseAddress(made)).toBe(made);
      expect(made).toMatch(/^[a-z0-9.=+_@-]+$/);
      expect(parseVerp(made, key)?.address).toBe(address);
    }
  });

  it('never makes a local part that is too long', () => {
    const long = `${'a'.repeat(40)}@some.long.domain.example`;
    const digested = formatVerp(list, long, key);
    expect(parseVerp(digested, key)).toEqual({
      listName: 'plans',
      address: undefined,
      digest: addressDigest(long),
    });
    expect(formatVerp(`${'l'.repeat(50)}@example.org`, 'a@b.org', key)).toBe(
      `${'l'.repeat(50)}-owner@example.org`,
    );
    fc.assert(
      fc.property(fc.emailAddress(), fc.stringMatching(/^[a-z][a-z0-9]{0,49}$/), (address, name) => {
        expect(formatVerp(`${name}@example.org`, address, key).lastIndexOf('@')).toBeLessThanOrEqual(64);
      }),
    );
  });
});

describe('parseVerp', () => {
  it('gives back the recipient and the list', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        const address = canonicalAddress(text);
        const made = formatVerp(list, address, key);
        const verp = parseVerp(made, key);
        if (verp === undefined) expect(made).toBe('plans-owner@example.org');
        else
          expect([verp.address ?? address, verp.digest ?? addressDigest(address)]).toEqual([
            address,
            addressDigest(address),
          ]);
      }),
    );
  });

  it('does not mind the case of the letters', () => {
    expect(parseVerp(formatVerp(list, 'ann@b.example', key).toUpperCase(), key)?.address).toBe(
      'ann@b.example',
    );
  });

  it('tells a local part with equal signs from its separators', () => {
    for (const address of ['a=@x.org', 'a==b@x.org', '=@x.org', 'a=b==@x.org'])
      expect(parseVerp(formatVerp(list, address, key), key)?.address).toBe(address);
  });

  it('knows only what this site made for this list, this domain and this recipient', () => {
    const made = formatVerp(list, 'ann@b.example', key);
    expect(parseVerp(made, 'another key')).toBeUndefined();
    expect(parseVerp(made.replace('ann', 'bob'), key)).toBeUndefined();
    expect(parseVerp(made.replace('plans', 'other'), key)).toBeUndefined();
    expect(parseVerp(made.replace('@example.org', '@other.example'), key)).toBeUndefined();
    expect(parseVerp(made.replace(/==[0-9a-f]{8}@/, '==@'), key)).toBeUndefined();
  });

  it.each([
    '',
    '@',
    'bounce+@example.org',
    'bounce+==@x',
    'bounce+a==b==c@x',
    `bounce+${'='.repeat(500)}@x`,
    'plans@example.org',
  ])('refuses %j', (address) => {
    expect(parseVerp(address, key)).toBeUndefined();
  });
});
