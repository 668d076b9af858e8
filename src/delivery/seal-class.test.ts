import { describe, expect, it } from 'vitest';
import { sealClassOf, sealPolicyFor } from './seal-class.ts';

const cbcOnly = ['aes-256-cbc', 'aes-128-cbc'];
const gcm = ['aes-256-gcm', 'aes-256-cbc'];
const smallGcm = ['aes-128-gcm', 'aes-128-cbc'];
const others = ['des-ede3'];

describe('the cipher of a copy', () => {
  it.each([
    ['cbc', null, 'aes-256-cbc'],
    ['cbc', [], 'aes-256-cbc'],
    ['cbc', cbcOnly, 'aes-256-cbc'],
    ['cbc', gcm, 'aes-256-gcm'],
    ['cbc', smallGcm, 'aes-256-cbc'],
    ['aead', null, 'aes-256-gcm'],
    ['aead', [], 'aes-256-gcm'],
    ['aead', others, 'aes-256-gcm'],
    ['aead', gcm, 'aes-256-gcm'],
    ['aead', smallGcm, 'aes-128-gcm'],
    ['aead', cbcOnly, undefined],
  ] as const)('of a post that came as %s, for who announced %j, is %s', (inbound, capabilities, cipher) => {
    const expected = cipher ? { status: 'seal', cipher } : { status: 'waits', code: 'only-cbc-announced' };
    expect(sealClassOf(capabilities, { inbound, allCbc: false })).toEqual(expected);
  });

  it.each([
    null,
    cbcOnly,
    gcm,
    smallGcm,
  ])('is CBC for all, %j too, where the list let the post down', (capabilities) => {
    expect(sealClassOf(capabilities, { inbound: 'aead', allCbc: true })).toEqual({
      status: 'seal',
      cipher: 'aes-256-cbc',
    });
  });

  it.each([
    ['aead', [null, gcm, cbcOnly], true, true],
    ['aead', [null, gcm, cbcOnly], false, false],
    ['aead', [null, gcm], true, false],
    ['cbc', [cbcOnly], true, false],
  ] as const)('is let down: came as %s, announced %j, seal_downgrade %s: %s', (inbound, announced, allowed, allCbc) => {
    expect(sealPolicyFor(inbound, announced, allowed)).toEqual({ inbound, allCbc });
  });
});
