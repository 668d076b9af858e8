import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatListenAddress, parseListenAddress } from './listen-address.ts';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:2424', { kind: 'tcp', host: '127.0.0.1', port: 2424 }],
    ['[::1]:0', { kind: 'tcp', host: '::1', port: 0 }],
    ['mail.example.org:25', { kind: 'tcp', host: 'mail.example.org', port: 25 }],
    ['unix:data/lmtp.sock', { kind: 'unix', path: 'data/lmtp.sock' }],
  ])('reads %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    '',
    ':25',
    'host',
    'host:',
    'host:65536',
    '::1:25',
    'unix:',
    'ho st:25',
    '[x]:1',
    'host:2x',
  ])('refuses %j', (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });

  it('reads again what it wrote', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        const address = { kind: 'tcp' as const, host: name, port };
        expect(parseListenAddress(formatListenAddress(address))).toEqual(address);
      }),
    );
  });
});
