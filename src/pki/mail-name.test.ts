import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { toALabel } from './a-label.ts';
import { certificateAddresses } from './certificate.ts';
import { derIa5String, derOid, derSequence, derSet, derUtf8String, derValue, readAsn1 } from './der.ts';
import type { GeneralNameInput } from './extension-writers.ts';
import { parseMailName, parseSmtpUtf8MailName } from './mail-name.ts';
import { makeName, type Name, readName } from './name.ts';
import { oids } from './oid.ts';

const ca = makeTestCa();
const keys = ca.issue({ address: 'keys@example.org', algorithm: 'ec-p256' });

function addressesOf(
  subjectAltName: readonly GeneralNameInput[] | undefined,
  subject?: Name,
): readonly string[] {
  const { certificate } = ca.issue({
    keys,
    subject: subject ?? makeName([[oids.commonName, 'nobody']]),
    algorithm: 'ec-p256',
    extensions: { subjectAltName },
  });
  return certificateAddresses(certificate);
}

const mailSubject = makeName([[oids.emailAddress, 'dn@example.org']]);

describe('the addresses of a certificate', () => {
  it('are those of the alternative names, canonical and each once', () => {
    const names = ['Alice@Example.ORG', 'alice@example.org', 'a.b+c@xn--bcher-kva.example'];
    expect(addressesOf(names.map((rfc822Name) => ({ rfc822Name })))).toEqual([
      'alice@example.org',
      'a.b+c@xn--bcher-kva.example',
    ]);
  });

  it('are those of the subject only where no alternative name is for mail', () => {
    expect(addressesOf(undefined, mailSubject)).toEqual(['dn@example.org']);
    expect(addressesOf([{ dnsName: 'example.org' }], mailSubject)).toEqual(['dn@example.org']);
    expect(addressesOf([{ rfc822Name: 'san@example.org' }], mailSubject)).toEqual(['san@example.org']);
  });

  it('are none where the alternative name is for mail and malformed, whatever the subject says', () => {
    expect(addressesOf([{ rfc822Name: 'no address' }], mailSubject)).toEqual([]);
    expect(addressesOf([{ smtpUtf8Mailbox: 'ascii@example.org' }], mailSubject)).toEqual([]);
  });

  it('count in every relative name of the subject', () => {
    const several = readName(
      readAsn1(
        derSequence(
          derSet(
            derSequence(derOid(oids.commonName), derUtf8String('x')),
            derSequence(derOid(oids.emailAddress), derIa5String('one@example.org')),
          ),
          derSet(derSequence(derOid(oids.emailAddress), derIa5String('two@example.org'))),
        ),
      ),
    );
    expect(addressesOf(undefined, several)).toEqual(['one@example.org', 'two@example.org']);
  });

  it('hold no principal name of another system', () => {
    const value = derUtf8String('upn@example.org');
    expect(addressesOf([{ otherName: { oid: oids.userPrincipalName, value } }])).toEqual([]);
  });

  it('hold no SmtpUTF8Mailbox of another type or with broken UTF-8', () => {
    for (const value of [derIa5String('x@example.org'), derValue(12, Uint8Array.of(0xff, 0x40, 0x61))]) {
      expect(addressesOf([{ otherName: { oid: oids.smtpUtf8Mailbox, value } }])).toEqual([]);
    }
  });
});

describe('a mail name', () => {
  it.each([
    'a@b@example.org',
    'alice@example.org\0',
    'alice@example.org\0.evil.example',
    'alice\0@example.org',
    ' alice@example.org',
    'alice@example.org ',
    'alice@example.org.',
    'alice@.example.org',
    'alice@example..org',
    '.alice@example.org',
    'alice.@example.org',
    'al..ice@example.org',
    'alice@',
    '@example.org',
    'alice',
    '',
    '"alice"@example.org',
    'alice@[192.0.2.1]',
    'Alice <alice@example.org>',
    'alice(x)@example.org',
    'alice@example.org,bob@example.org',
    'alice@-example.org',
    'alice@exa mple.org',
    'alice\n@example.org',
    'älice@example.org',
    'alice@exämple.org',
    `${'a'.repeat(65)}@example.org`,
    `alice@${'a'.repeat(64)}.example`,
    `alice@${'a.'.repeat(130)}example`,
  ])('is not %j', (text) => {
    expect(parseMailName(text)).toBeUndefined();
  });

  it('keeps the case of its local part and drops that of its domain', () => {
    expect(parseMailName("O'Brien@EXAMPLE.org")).toEqual({ localPart: "O'Brien", domain: 'example.org' });
  });
});

describe('a mail name beyond ASCII', () => {
  it('keeps its local part octet by octet', () => {
    expect(parseSmtpUtf8MailName('Ünal@example.org')).toEqual({ localPart: 'Ünal', domain: 'example.org' });
    expect(parseSmtpUtf8MailName('ﬁx@example.org')).toEqual({ localPart: 'ﬁx', domain: 'example.org' });
  });

  it('takes a domain in Unicode only in the form of IDNA', () => {
    expect(parseSmtpUtf8MailName('ü@bücher.example')).toEqual({
      localPart: 'ü',
      domain: 'xn--bcher-kva.example',
    });
    for (const text of ['ü@BÜCHER.example', 'ü@ｅxample.org', 'ü@example。org', 'a@example.org', 'ü@', 'ü']) {
      expect(parseSmtpUtf8MailName(text), text).toBeUndefined();
    }
  });

  it.each([
    'bücher',
    'münchen',
    'παράδειγμα',
    '大学',
    'ß',
    'пример',
    'テスト',
    'a-ü-b',
  ])('encodes %s as the DNS has it', (label) => {
    // The platform keeps ß, as IDNA 2008 does.
    expect(toALabel(label)).toBe(new URL(`http://${label}.example`).hostname.split('.')[0]);
  });

  it('leaves ASCII alone and gives nothing for what has no label', () => {
    expect(toALabel('example')).toBe('example');
    expect(toALabel('\u202eüb')).toBeUndefined();
    expect(toALabel('ü'.repeat(64))).toBeUndefined();
  });
});
