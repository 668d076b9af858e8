import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownAddress } from './shown-address.ts';

describe('an address that is shown', () => {
  it.each([
    ['http://crl.example/ca.crl', 'http://crl.example/ca.crl'],
    ['http://ann:hush@crl.example:8080/ca.crl?token=hush#hush', 'http://crl.example:8080/ca.crl'],
    ['http:ann:hush@crl.example/ca.crl', 'http://crl.example/ca.crl'],
    ['ldap://ann:hush@ldap.example/cn=CA?hush?base', 'ldap://ldap.example/cn=CA'],
    ['ldap:///cn=CA,o=hush@example?x', '…@example'],
    ['htp//ann:hush@crl.example/ca.crl', '…@crl.example/ca.crl'],
    ['no address', 'no address'],
  ])('for %j is %j', (address, shown) => {
    expect(shownAddress(address)).toBe(shown);
  });

  it('never holds user, password or query, and is never long', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('http', 'https', 'ldap', 'ldaps', 'ftp', 'x'),
        fc.string({ maxLength: 2_000 }),
        (scheme, path) => {
          const shown = shownAddress(`${scheme}://hush:hush@host.example/${path}?hush`);
          expect(shown).not.toContain('hush');
          expect(shown.length).toBeLessThan(400);
        },
      ),
    );
  });
});
