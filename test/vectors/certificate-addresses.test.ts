import { describe, expect, it } from 'vitest';
import { derIa5String, derUtf8String } from '../../src/pki/der.ts';
import type { GeneralNameInput } from '../../src/pki/extension-writers.ts';
import type { NameInput } from '../../src/pki/name.ts';
import { oids } from '../../src/pki/oid.ts';
import { ca, messageOf, open, signedBy } from './vector-kit.ts';

interface Names {
  /** Subject alternative names; none leaves the extension out. */
  readonly san?: readonly GeneralNameInput[];
  /** Addresses in the subject. */
  readonly dn?: readonly string[];
  readonly from: string;
  readonly matches: boolean;
}

const mail = (text: string): GeneralNameInput => ({ rfc822Name: text });
const utf8 = (text: string): GeneralNameInput => ({ smtpUtf8Mailbox: text });
const other = (oid: string, value: Uint8Array): GeneralNameInput => ({ otherName: { oid, value } });
const upn = '1.3.6.1.4.1.311.20.2.3';

/** Names of certificates, honest and not, each against a From address. */
const table: Readonly<Record<string, Names>> = {
  'the address': { san: [mail('a@example.org')], from: 'a@example.org', matches: true },
  'upper case in the certificate': { san: [mail('A@Example.ORG')], from: 'a@example.org', matches: true },
  'upper case in From': { san: [mail('a@example.org')], from: 'A@EXAMPLE.ORG', matches: true },
  'the second of two addresses': {
    san: [mail('b@example.org'), mail('a@example.org')],
    from: 'a@example.org',
    matches: true,
  },
  'the DN where the alternative name has no address': {
    san: [{ dnsName: 'example.org' }],
    dn: ['a@example.org'],
    from: 'a@example.org',
    matches: true,
  },
  'the DN without any alternative name': { dn: ['a@example.org'], from: 'a@example.org', matches: true },
  'several addresses in the DN': {
    dn: ['b@example.org', 'a@example.org'],
    from: 'a@example.org',
    matches: true,
  },
  'the DN beside another alternative address': {
    san: [mail('b@example.org')],
    dn: ['a@example.org'],
    from: 'a@example.org',
    matches: false,
  },
  'the alternative address beside another DN': {
    san: [mail('b@example.org')],
    dn: ['a@example.org'],
    from: 'b@example.org',
    matches: true,
  },
  'the DN beside a malformed alternative address': {
    san: [mail('b@')],
    dn: ['a@example.org'],
    from: 'a@example.org',
    matches: false,
  },
  'the DN beside an internationalised address': {
    san: [utf8('ä@example.org')],
    dn: ['a@example.org'],
    from: 'a@example.org',
    matches: false,
  },
  'NUL behind the address': {
    san: [mail('a@example.org\0.evil.example')],
    from: 'a@example.org',
    matches: false,
  },
  'NUL before the address': { san: [mail('\0a@example.org')], from: 'a@example.org', matches: false },
  'NUL in the DN': { dn: ['a@example.org\0x'], from: 'a@example.org', matches: false },
  'a dot at the end': { san: [mail('a@example.org.')], from: 'a@example.org', matches: false },
  'a dot before the sign': { san: [mail('a.@example.org')], from: 'a@example.org', matches: false },
  'a blank before the address': { san: [mail(' a@example.org')], from: 'a@example.org', matches: false },
  'a blank behind the address': { san: [mail('a@example.org ')], from: 'a@example.org', matches: false },
  'a line end behind the address': {
    san: [mail('a@example.org\r\n')],
    from: 'a@example.org',
    matches: false,
  },
  'angle brackets': { san: [mail('<a@example.org>')], from: 'a@example.org', matches: false },
  'a display name': { san: [mail('A <a@example.org>')], from: 'a@example.org', matches: false },
  'a comment': { san: [mail('a@example.org (x)')], from: 'a@example.org', matches: false },
  'two signs': { san: [mail('a@example.org@evil.example')], from: 'a@example.org', matches: false },
  'two signs, the other way': {
    san: [mail('evil@evil.example@example.org')],
    from: 'evil@example.org',
    matches: false,
  },
  'two addresses in one name': {
    san: [mail('a@example.org,b@example.org')],
    from: 'a@example.org',
    matches: false,
  },
  'a mailto URI': { san: [{ uri: 'mailto:a@example.org' }], from: 'a@example.org', matches: false },
  'a host name that looks like an address': {
    san: [{ dnsName: 'a@example.org' }],
    from: 'a@example.org',
    matches: false,
  },
  'the domain alone': { san: [mail('example.org')], from: 'a@example.org', matches: false },
  'a leading dot as for a whole domain': {
    san: [mail('.example.org')],
    from: 'a@example.org',
    matches: false,
  },
  'a wildcard': { san: [mail('*@example.org')], from: 'a@example.org', matches: false },
  'a subdomain': { san: [mail('a@mail.example.org')], from: 'a@example.org', matches: false },
  'a longer domain': { san: [mail('a@example.org.evil.example')], from: 'a@example.org', matches: false },
  'a tag': { san: [mail('a+x@example.org')], from: 'a@example.org', matches: false },
  'a user principal name': {
    san: [other(upn, derUtf8String('a@example.org'))],
    from: 'a@example.org',
    matches: false,
  },
  'an ASCII address in a SmtpUTF8Mailbox': {
    san: [utf8('a@example.org')],
    from: 'a@example.org',
    matches: false,
  },
  'a SmtpUTF8Mailbox of another string type': {
    san: [other(oids.smtpUtf8Mailbox, derIa5String('a@example.org'))],
    from: 'a@example.org',
    matches: false,
  },
  'an internationalised address': {
    san: [utf8('jürgen@example.org')],
    from: 'jürgen@example.org',
    matches: true,
  },
  'a decomposed letter': {
    san: [utf8('ju\u0308rgen@example.org')],
    from: 'j\u00fcrgen@example.org',
    matches: false,
  },
  'a Cyrillic letter': { san: [utf8('\u0430lice@example.org')], from: 'alice@example.org', matches: false },
  'a fullwidth letter': { san: [utf8('\uff41@example.org')], from: 'a@example.org', matches: false },
  'an upper-case letter beyond ASCII': {
    san: [utf8('JÜRGEN@example.org')],
    from: 'jürgen@example.org',
    matches: false,
  },
  'a domain in A-labels': {
    san: [mail('a@xn--bcher-kva.example')],
    from: 'a@bücher.example',
    matches: true,
  },
  'a domain in U-labels': {
    san: [other(oids.smtpUtf8Mailbox, derUtf8String('ä@bücher.example'))],
    from: 'ä@bücher.example',
    matches: true,
  },
  'no address at all': { from: 'a@example.org', matches: false },
  'the common name only': { dn: [], from: 'nobody@example.org', matches: false },
};

describe('the addresses of a certificate', () => {
  it.each(Object.entries(table))('%s', (_name, { san, dn = [], from, matches }) => {
    const subject: NameInput = [
      [oids.commonName, 'nobody'],
      ...dn.map((text) => [oids.emailAddress, text] as const),
    ];
    const signer = ca.issue({ algorithm: 'ec-p256', subject, extensions: { subjectAltName: san } });
    const opened = open(messageOf(signedBy(signer), `From: ${from}`));
    expect(opened.signature.status).toBe('valid');
    expect(opened.senderMatches).toBe(matches);
    expect(opened.authenticationMethod).toBe(matches ? 'smime' : 'smtp');
  });
});
