import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetwork } from './netmask.ts';

describe('parseNetwork', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.1.2.3/8', '10.0.0.0', '9.255.255.255'],
    ['192.168.10.0:255.255.255.0', '192.168.10.9', '192.168.11.9'],
    ['192.168.10.0/255.255.255.0', '192.168.10.9', '192.168.11.9'],
    ['10.0.0.1-10.0.0.9', '10.0.0.9', '10.0.0.10'],
    ['10.0.0.7', '10.0.0.7', '10.0.0.8'],
    ['10.0.0.0/8', '::ffff:10.1.1.1', '::ffff:11.1.1.1'],
    ['2001:db8::/32', '2001:db8:1::1', '2001:db9::1'],
    ['::1', '0:0:0:0:0:0:0:1', '::2'],
    ['fe80::/10', 'febf:ffff::1', 'fec0::'],
    ['default', '10.0.0.1', 'nowhere'],
    ['any', '::1', ''],
    ['0.0.0.0/0', '1.2.3.4', '::1'],
  ])('%s has %s and not %s', (text, inside, outside) => {
    const network = parseNetwork(text)!;
    expect([network(inside), network(outside)]).toEqual([true, false]);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '10.0.0.0/255.0.255.0',
    '2001:db8::/129',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    ':1',
    '10.0.0.9-10.0.0.1',
    '10.0.0.1-::1',
    'x/8',
  ])('takes %j for no network', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it('finds each address in the network of its own', () => {
    const isWithin = (ip: string, bits: number) => parseNetwork(`${ip}/${bits}`)?.(ip) === true;
    fc.assert(fc.property(fc.ipV6(), fc.nat(128), isWithin));
    fc.assert(fc.property(fc.ipV4(), fc.nat(32), isWithin));
  });
});
