import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEntity } from '../mime/entity.ts';
import { identifySender } from './sender.ts';

const senderOf = (...fields: string[]) =>
  identifySender(parseEntity(new TextEncoder().encode([...fields, '', ''].join('\r\n'))).header);
const known = (address: string, sole = true) => ({ status: 'known', address, sole });

describe('whom a message is taken to be from', () => {
  it.each([
    ['From: Alice <Alice@Example.ORG>', known('alice@example.org')],
    ['From: "bob@evil.example" <alice@example.org>', known('alice@example.org')],
    ['From: bob@evil.example (mail me) <alice@example.org>', known('alice@example.org')],
    ['From: =?utf-8?q?bob=40evil=2Eexample=3C?= <alice@example.org>', known('alice@example.org')],
    ['From: alice@example.org (<bob@evil.example>)', known('alice@example.org')],
    ['From: alice@example.org, bob@example.org', known('alice@example.org', false)],
    ['From: The board: alice@example.org, bob@example.org;', known('alice@example.org', false)],
    ['From: The board: alice@example.org;', known('alice@example.org', false)],
    ['From: Nobody:;, alice@example.org', known('alice@example.org', false)],
    ['From: undisclosed:;', { status: 'none' }],
    ['From: Alice', { status: 'none' }],
    ['Sender: alice@example.org', { status: 'none' }],
    ['Reply-To: alice@example.org', { status: 'none' }],
  ])('by %s', (field, expected) => {
    expect(senderOf(field)).toEqual(expected);
  });

  it('is the first of two From fields, and then not to be authenticated', () => {
    expect(senderOf('From: alice@example.org', 'From: bob@example.org')).toEqual(
      known('alice@example.org', false),
    );
    expect(senderOf('Subject: x', 'fRoM: bob@example.org', 'From: bob@example.org')).toEqual(
      known('bob@example.org', false),
    );
  });

  it('is never an address of the display name, whatever it holds', () => {
    const text = fc.stringMatching(/^[ -~]{0,40}$/);
    fc.assert(
      fc.property(text, (name) => {
        const quoted = name.replaceAll(/["\\]/g, '');
        expect(senderOf(`From: "${quoted}" <alice@example.org>`)).toEqual(known('alice@example.org'));
      }),
    );
  });
});
