import { expect, it } from 'vitest';
import { parseServerAddress } from './server-address.ts';

it.each([
  ['ldap.example.org', { host: 'ldap.example.org' }],
  ['ldap.example.org:636', { host: 'ldap.example.org', port: 636 }],
  ['[2001:db8::1]', { host: '2001:db8::1' }],
  ['[2001:db8::1]:1389', { host: '2001:db8::1', port: 1389 }],
  ['ldap.example.org:65535', { host: 'ldap.example.org', port: 65_535 }],
])('the address of a server %s', (text, server) => {
  expect(parseServerAddress(text)).toEqual(server);
});

it.each([
  '',
  'ldap://ldap.example.org',
  'ldap.example.org:',
  'ldap.example.org:0',
  'ldap.example.org:65536',
  '2001:db8::1',
  'a b',
  'ldap.example.org\n',
  'x'.repeat(256),
])('is no address of a server: %j', (text) => {
  expect(parseServerAddress(text)).toBeUndefined();
});
