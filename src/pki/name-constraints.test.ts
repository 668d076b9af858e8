import { describe, expect, it } from 'vitest';
import { makeKeys, makeTestCa, type TestCaOptions } from '../../test/kit/ca.ts';
import { derUtf8String } from './der.ts';
import type { GeneralNameInput } from './extension-writers.ts';
import { makeName, type NameInput } from './name.ts';
import { oids } from './oid.ts';
import { validatePath } from './path.ts';

const root = makeTestCa({ name: 'Root' });
const keys = makeKeys('ec-p256');

interface Constraints {
  readonly permitted?: readonly GeneralNameInput[];
  readonly excluded?: readonly GeneralNameInput[];
}

function codeUnder(
  levels: readonly Constraints[],
  subjectAltName: readonly GeneralNameInput[] | undefined,
  subject: NameInput = [[oids.commonName, 'x']],
): string {
  let ca = root;
  const untrusted = [];
  for (const [level, nameConstraints] of levels.entries()) {
    const options: TestCaOptions = { name: `Sub ${level}`, extensions: { nameConstraints } };
    ca = ca.subCa(options);
    untrusted.push(ca.certificate);
  }
  const { certificate } = ca.issue({ keys, algorithm: 'ec-p256', subject, extensions: { subjectAltName } });
  const verdict = validatePath({
    certificate,
    untrusted,
    trustAnchors: [root.certificate],
    atMs: root.nowMs,
    purpose: 'smimesign',
  });
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

const directory = (organization: string): GeneralNameInput => ({
  directoryName: makeName([[oids.organizationName, organization]]),
});

describe('permitted names', () => {
  it.each<[GeneralNameInput, GeneralNameInput, boolean]>([
    [{ rfc822Name: 'example.org' }, { rfc822Name: 'a@example.org' }, true],
    [{ rfc822Name: 'EXAMPLE.org' }, { rfc822Name: 'a@Example.Org' }, true],
    [{ rfc822Name: 'example.org' }, { rfc822Name: 'a@sub.example.org' }, false],
    [{ rfc822Name: '.example.org' }, { rfc822Name: 'a@sub.example.org' }, true],
    [{ rfc822Name: '.example.org' }, { rfc822Name: 'a@example.org' }, false],
    [{ rfc822Name: '.example.org' }, { rfc822Name: 'a@badexample.org' }, false],
    [{ rfc822Name: 'a@example.org' }, { rfc822Name: 'a@example.org' }, true],
    [{ rfc822Name: 'a@example.org' }, { rfc822Name: 'A@example.org' }, false],
    [{ rfc822Name: 'a@example.org' }, { rfc822Name: 'b@example.org' }, false],
    [{ rfc822Name: 'example.org' }, { rfc822Name: '"a b"@example.org' }, false],
    [{ rfc822Name: 'example.org' }, { rfc822Name: 'evil@x@example.org' }, false],
    [{ rfc822Name: 'example.org' }, { smtpUtf8Mailbox: 'ü@example.org' }, true],
    [{ rfc822Name: 'example.org' }, { smtpUtf8Mailbox: 'ü@example.net' }, false],
    [{ rfc822Name: 'example.org' }, { smtpUtf8Mailbox: 'ascii@example.org' }, false],
    [{ rfc822Name: 'xn--bcher-kva.example' }, { smtpUtf8Mailbox: 'ü@bücher.example' }, true],
    [{ rfc822Name: 'example.org' }, { dnsName: 'example.net' }, true],
    [{ dnsName: 'example.org' }, { dnsName: 'example.org' }, true],
    [{ dnsName: 'example.org' }, { dnsName: 'a.b.example.org' }, true],
    [{ dnsName: 'example.org' }, { dnsName: 'badexample.org' }, false],
    [{ uri: 'example.org' }, { uri: 'https://example.org/x' }, true],
    [{ uri: 'example.org' }, { uri: 'https://user@example.org:8443/x' }, true],
    [{ uri: 'example.org' }, { uri: 'https://example.org@evil.example/' }, false],
    [{ uri: '.example.org' }, { uri: 'ldap://a.example.org' }, true],
    [{ uri: '.example.org' }, { uri: 'https://example.org' }, false],
    [{ uri: 'example.org' }, { uri: 'https://192.0.2.1/' }, false],
    [{ uri: 'example.org' }, { uri: 'urn:example.org' }, false],
    [
      { ipAddress: Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0) },
      { ipAddress: Uint8Array.of(192, 0, 2, 9) },
      true,
    ],
    [
      { ipAddress: Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0) },
      { ipAddress: Uint8Array.of(192, 0, 3, 9) },
      false,
    ],
    [{ ipAddress: Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0) }, { ipAddress: new Uint8Array(16) }, false],
    [{ ipAddress: Uint8Array.of(192, 0, 2, 0) }, { ipAddress: Uint8Array.of(192, 0, 2, 0) }, false],
  ])('%j and the name %j', (permitted, name, isValid) => {
    expect(codeUnder([{ permitted: [permitted] }], [name])).toBe(isValid ? 'valid' : 'name-not-permitted');
  });

  it('of several authorities must all permit', () => {
    const levels = ['.example.org', '.lists.example.org'].map((rfc822Name) => ({
      permitted: [{ rfc822Name }],
    }));
    expect(codeUnder(levels, [{ rfc822Name: 'a@x.lists.example.org' }])).toBe('valid');
    expect(codeUnder(levels, [{ rfc822Name: 'a@x.example.org' }])).toBe('name-not-permitted');
    expect(codeUnder([...levels].reverse(), [{ rfc822Name: 'a@x.example.org' }])).toBe('name-not-permitted');
  });

  it('of one authority need one that permits', () => {
    const permitted = [{ rfc822Name: 'example.org' }, { rfc822Name: 'example.net' }];
    expect(codeUnder([{ permitted }], [{ rfc822Name: 'a@example.net' }])).toBe('valid');
  });

  it('hold for the subject and its mail addresses', () => {
    const permitted = [{ rfc822Name: 'example.org' }];
    const subject = (address: string): NameInput => [[oids.emailAddress, address]];
    expect(codeUnder([{ permitted }], undefined, subject('a@example.org'))).toBe('valid');
    expect(codeUnder([{ permitted }], undefined, subject('a@example.net'))).toBe('name-not-permitted');
    expect(
      codeUnder([{ permitted: [directory('Example')] }], undefined, [[oids.organizationName, 'example']]),
    ).toBe('valid');
    expect(codeUnder([{ permitted: [directory('Example')] }], undefined)).toBe('name-not-permitted');
  });

  it('hold for every name, not only for one of them', () => {
    const names = [{ rfc822Name: 'a@example.org' }, { rfc822Name: 'a@example.net' }];
    expect(codeUnder([{ permitted: [{ rfc822Name: 'example.org' }] }], names)).toBe('name-not-permitted');
  });
});

describe('excluded names', () => {
  it.each<[GeneralNameInput, GeneralNameInput, boolean]>([
    [{ rfc822Name: 'example.org' }, { rfc822Name: 'a@example.org' }, false],
    [{ rfc822Name: 'example.org' }, { rfc822Name: 'a@sub.example.org' }, true],
    [{ rfc822Name: 'a@example.org' }, { rfc822Name: 'A@example.org' }, false],
    [{ rfc822Name: 'example.org' }, { rfc822Name: 'no address' }, false],
    [{ rfc822Name: '.example.org' }, { smtpUtf8Mailbox: 'ü@a.example.org' }, false],
    [{ dnsName: '' }, { dnsName: 'example.org' }, false],
    [{ uri: 'example.org' }, { uri: 'urn:x' }, false],
  ])('%j and the name %j', (excluded, name, isValid) => {
    expect(codeUnder([{ excluded: [excluded] }], [name])).toBe(isValid ? 'valid' : 'name-excluded');
  });

  it('win over permitted ones', () => {
    const constraints = {
      permitted: [{ rfc822Name: '.example.org' }],
      excluded: [{ rfc822Name: 'x.example.org' }],
    };
    expect(codeUnder([constraints], [{ rfc822Name: 'a@x.example.org' }])).toBe('name-excluded');
    expect(codeUnder([constraints], [{ rfc822Name: 'a@y.example.org' }])).toBe('valid');
  });
});

describe('constraints in general', () => {
  it('of a kind that is not understood refuse a name of that kind, and no other', () => {
    const otherName = { oid: oids.userPrincipalName, value: derUtf8String('a@example.org') };
    const constraints = { permitted: [{ otherName }] };
    expect(codeUnder([constraints], [{ otherName }])).toBe('name-constraint-unsupported');
    expect(codeUnder([constraints], [{ rfc822Name: 'a@example.org' }])).toBe('valid');
  });

  it('do not keep the validator busy', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ rfc822Name: `h${n}.example` }));
    const names = many(1000).map(({ rfc822Name }) => ({ rfc822Name: `a@${rfc822Name}` }));
    expect(codeUnder([{ permitted: many(1000) }], names)).toBe('valid');
    expect(codeUnder([{ permitted: many(1000) }, { permitted: many(1000) }], names)).toBe('too-many-names');
  });

  it('do not hold for an authority that certified its own next key', () => {
    const sub = root.subCa({
      name: 'Sub',
      extensions: {
        nameConstraints: { excluded: [{ directoryName: makeName([[oids.commonName, 'Sub']]) }] },
      },
    });
    const next = sub.subCa({ name: 'Sub' });
    const { certificate } = next.issue({ keys, algorithm: 'ec-p256', address: 'a@example.org' });
    const verdict = validatePath({
      certificate,
      untrusted: [sub.certificate, next.certificate],
      trustAnchors: [root.certificate],
      atMs: root.nowMs,
      purpose: 'any',
    });
    expect(verdict.status).toBe('valid');
  });
});
