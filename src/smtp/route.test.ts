import { describe, expect, it } from 'vitest';
import { parseRoute } from './route.ts';

describe('parseRoute', () => {
  it.each([
    ['smtp://127.0.0.1', { protocol: 'smtp', host: '127.0.0.1', port: 25, tls: 'offered' }],
    ['smtp://relay.example.org:587?tls=required', { host: 'relay.example.org', port: 587, tls: 'required' }],
    ['smtp://[::1]:2525?tls=never', { host: '::1', port: 2525, tls: 'never' }],
    ['smtps://relay.example.org', { protocol: 'smtp', port: 465, tls: 'implicit' }],
    ['lmtp://127.0.0.1:2424', { protocol: 'lmtp', port: 2424 }],
    [
      'lmtp:unix:/srv/lists/data/lmtp.sock',
      { protocol: 'lmtp', path: '/srv/lists/data/lmtp.sock', tls: 'never' },
    ],
    ['lmtp://unix:/srv/a b.sock', { protocol: 'lmtp', path: '/srv/a b.sock' }],
  ])('reads %s', (url, expected) => {
    expect(parseRoute(url)).toMatchObject(expected);
  });

  it.each([
    '',
    'relay.example.org',
    'http://example.org',
    'smtp://',
    'smtp:relay',
    'smtp://relay:99999',
    'lmtp:unix:',
  ])('refuses %j', (url) => {
    expect(() => parseRoute(url)).toThrow(expect.objectContaining({ code: 'bad-route' }));
  });
});
