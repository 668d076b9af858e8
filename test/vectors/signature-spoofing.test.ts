import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCertificateList } from '../../src/pki/crl.ts';
import { derOid } from '../../src/pki/der.ts';
import { oids } from '../../src/pki/oid.ts';
import type { OpenOptions } from '../../src/smime/open-message.ts';
import { certsOnlyEntity } from '../../src/smime/sign-entity.ts';
import { makeKeys, makeTestCa, type TestIdentity } from '../kit/ca.ts';
import { cpuNow } from '../kit/cpu-time.ts';
import { derOf, leaf, node, treeOf } from './der-tree.ts';
import {
  alice,
  bytesOf,
  ca,
  clearEntity,
  cmsBy,
  cmsEntity,
  entity,
  eve,
  join,
  messageOf,
  multipart,
  nowMs,
  type Outcome,
  open,
  otherCa,
  outcomeOf,
  signedBy,
  signerField,
  signersOf,
  stranger,
  textEntity,
  withCertificates,
  withCertificatesOf,
  withContent,
  withLf,
  withSignerField,
  withSigners,
} from './vector-kit.ts';

interface Vector {
  readonly message: Uint8Array;
  readonly expected: Outcome;
  readonly options?: Parameters<typeof open>[1];
}

const genuine = { signature: 'valid', code: null, method: 'smime' } as const;
const unsigned = { signature: 'none', method: 'smtp' } as const;
const notSender = { signature: 'valid', code: null, method: 'smtp' } as const;

function invalid(code: string): Outcome {
  return { signature: 'invalid', code, method: 'smtp' };
}

function untrusted(code: string): Outcome {
  return { signature: 'untrusted', code, method: 'smtp' };
}

/** A certificate that takes the place of another, with an RSA modulus of so many random bits and an exponent as long. */
function giantCertificate(bits: number, { certificate }: TestIdentity) {
  const odd = () => {
    const bytes = randomBytes(bits / 8);
    bytes[0]! |= 0x40;
    bytes[0]! &= 0x7f;
    bytes[bytes.length - 1]! |= 1;
    return bytes;
  };
  const key = node(0x30, leaf(0x02, odd()), leaf(0x02, odd()));
  const algorithm = node(0x30, treeOf(derOid(oids.rsaEncryption)), leaf(0x05, new Uint8Array(0)));
  const spki = node(0x30, algorithm, leaf(0x03, Buffer.concat([Buffer.from([0]), derOf(key)])));
  const tree = treeOf(certificate.der);
  const tbs = tree.members![0]!;
  const at = tbs.members!.findIndex((member) =>
    Buffer.from(derOf(member)).equals(Buffer.from(certificate.spki)),
  );
  const members = tbs.members!.map((member, index) => (index === at ? spki : member));
  const der = derOf({ ...tree, members: [{ ...tbs, members }, ...tree.members!.slice(1)] });
  return { der } as typeof certificate;
}

/** Opens each vector with both line endings; nothing may hang on them. */
function run(vectors: Readonly<Record<string, Vector>>): void {
  it.each(Object.entries(vectors))('%s', (_name, { message, expected, options }) => {
    for (const bytes of [message, withLf(message)]) {
      expect(outcomeOf(open(bytes, options))).toMatchObject(expected);
    }
  });
}

const other = textEntity('Pay the attacker.');
const day = 86_400_000;

describe('a genuine signature', () => {
  run({
    'is authenticated when clear': {
      message: messageOf(signedBy(alice)),
      expected: { kind: 'clear-signed', ...genuine },
    },
    'is authenticated when opaque': {
      message: messageOf(signedBy(alice, entity, true)),
      expected: { kind: 'opaque-signed', ...genuine },
    },
    'is authenticated when nothing but the CMS says what it is': {
      message: messageOf(cmsEntity(cmsBy(alice, entity, false), 'enveloped-data')),
      expected: { kind: 'opaque-signed', ...genuine },
    },
    'is authenticated as octet-stream by file name': {
      message: messageOf(
        join(
          'Content-Type: application/octet-stream; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
          Buffer.from(cmsBy(alice, entity, false)).toString('base64'),
        ),
      ),
      expected: { kind: 'opaque-signed', ...genuine },
    },
    'is authenticated whatever micalg says': {
      message: messageOf(clearEntity(entity, cmsBy(alice), 'md5')),
      expected: genuine,
    },
    'is authenticated inside another of the list agent': {
      message: messageOf(signedBy(eve, signedBy(alice))),
      expected: genuine,
    },
  });
});

describe('content confusion', () => {
  run({
    'a detached signature that carries its own content': {
      message: messageOf(clearEntity(other, withContent(cmsBy(alice), entity))),
      expected: invalid('content-not-detached'),
    },
    'a detached signature that carries the very same content': {
      message: messageOf(clearEntity(entity, withContent(cmsBy(alice), entity))),
      expected: invalid('content-not-detached'),
    },
    'an opaque signature without content': {
      message: messageOf(cmsEntity(withContent(cmsBy(alice, entity, false), undefined))),
      expected: invalid('content-absent'),
    },
    'a part that was changed': {
      message: messageOf(clearEntity(other, cmsBy(alice))),
      expected: invalid('digest-mismatch'),
    },
    'a third part in multipart/signed': {
      message: messageOf(
        join(
          'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"\r\n\r\n--b\r\n',
          entity,
          '\r\n--b\r\n',
          cmsEntity(cmsBy(alice)),
          '\r\n--b\r\n',
          other,
          '\r\n--b--\r\n',
        ),
      ),
      expected: { kind: 'clear-signed', ...unsigned, signature: 'invalid', code: 'not-two-parts' },
    },
    'a multipart/signed whose second part is an envelope': {
      message: messageOf(clearEntity(entity, bytesOf('not CMS at all'))),
      expected: { kind: 'clear-signed', signature: 'invalid', method: 'smtp' },
    },
    'a second Content-Type field': {
      message: messageOf(join('Content-Type: text/plain\r\n', signedBy(alice))),
      expected: { kind: 'none', ...unsigned },
    },
    'a second Content-Type field behind the first': {
      message: withField(messageOf(signedBy(alice)), 'Content-Type: text/plain'),
      expected: invalid('ambiguous-header'),
    },
    'a second Content-Type field behind that of an opaque signature': {
      message: withField(messageOf(signedBy(alice, entity, true)), 'Content-Type: text/plain'),
      expected: invalid('ambiguous-header'),
    },
  });
});

describe('signers', () => {
  const byAlice = cmsBy(alice);
  const byEve = withCertificatesOf(cmsBy(eve), byAlice);
  const overOther = withCertificatesOf(cmsBy(eve, other), byAlice);
  const copied = signersOf(byAlice)[0]!;
  run({
    'none in a detached signature': {
      message: messageOf(
        clearEntity(
          entity,
          withSigners(byAlice, () => []),
        ),
      ),
      expected: { kind: 'clear-signed', ...unsigned, code: 'no-signer' },
    },
    'none in an opaque signature': {
      message: messageOf(cmsEntity(withSigners(cmsBy(alice, entity, false), () => []))),
      expected: { kind: 'opaque-signed', ...unsigned, code: 'no-signer' },
    },
    'certificates dressed as a signature': {
      message: messageOf(certsOnlyEntity([alice.certificate])),
      expected: { kind: 'certs-only', ...unsigned },
    },
    'the attacker before a copied signer of the victim': {
      message: messageOf(
        clearEntity(
          other,
          withSigners(overOther, (own) => [...own, copied]),
        ),
      ),
      expected: invalid('digest-mismatch'),
    },
    'the attacker behind a copied signer of the victim': {
      message: messageOf(
        clearEntity(
          other,
          withSigners(overOther, (own) => [copied, ...own]),
        ),
      ),
      expected: invalid('digest-mismatch'),
    },
    'two that both hold, one of them the sender': {
      message: messageOf(
        clearEntity(
          entity,
          withSigners(byEve, (own) => [...own, copied]),
        ),
      ),
      expected: genuine,
    },
    'two, one of whom nobody trusts': {
      message: messageOf(
        clearEntity(
          entity,
          withSigners(withCertificatesOf(byAlice, cmsBy(stranger)), (own) => [
            ...own,
            ...signersOf(cmsBy(stranger)),
          ]),
        ),
      ),
      expected: untrusted('no-path'),
    },
    'one twice': {
      message: messageOf(
        clearEntity(
          entity,
          withSigners(byAlice, (own) => [...own, ...own]),
        ),
      ),
      expected: { method: 'smime', signature: 'valid' },
    },
  });
});

describe('trust', () => {
  const self = makeTestCa({ name: 'Alice', nowMs });
  const selfSigned: TestIdentity = self.issue({
    address: 'alice@example.org',
    keys: self,
    subject: self.name,
    algorithm: 'ec-p256',
  });
  const notCa = ca.issue({ address: 'mallory@example.org', algorithm: 'ec-p256' });
  const rogue = ca.subCa({ name: 'Rogue', extensions: { basicConstraints: undefined } });
  const short = ca.subCa({ name: 'Short', pathLength: 0 });
  const below = short.subCa({ name: 'Below' });
  const limited = ca.subCa({
    name: 'Limited',
    extensions: { nameConstraints: { permitted: [{ rfc822Name: 'other.example' }] } },
  });
  const sub = ca.subCa({ name: 'Sub' });
  const signs = (identity: TestIdentity, ...chain: readonly TestIdentity[]) =>
    messageOf(
      clearEntity(
        entity,
        withCertificates(
          cmsBy(identity),
          identity.certificate,
          ...chain.map(({ certificate }) => certificate),
        ),
      ),
    );
  const issue = (by: ReturnType<typeof makeTestCa>, more: object = {}) =>
    by.issue({ address: 'alice@example.org', algorithm: 'ec-p256', ...more });
  const crl = parseCertificateList(ca.crl({ revoked: [alice] }));
  const crlOfSub = parseCertificateList(ca.crl({ revoked: [sub] }));
  const old = parseCertificateList(ca.crl({ thisUpdateMs: nowMs - 3 * day, crlNumber: 1 }));
  run({
    'a self-signed signer': {
      message: signs(selfSigned),
      expected: { signature: 'untrusted', method: 'smtp' },
    },
    'an authority that nobody knows': { message: signs(stranger, otherCa), expected: untrusted('no-path') },
    'an issuer that is no authority': {
      message: signs(issue(rogue), rogue),
      expected: untrusted('not-a-ca'),
    },
    'an end entity as issuer': {
      message: signs(
        issue({ ...rogue, name: notCa.certificate.subject, privateKey: notCa.privateKey }),
        notCa,
      ),
      expected: { signature: 'untrusted', method: 'smtp' },
    },
    'more authorities than the path length allows': {
      message: signs(issue(below), below, short),
      expected: untrusted('path-length-exceeded'),
    },
    'an address outside of the name constraints': {
      message: signs(issue(limited), limited),
      expected: untrusted('name-not-permitted'),
    },
    'a certificate for servers only': {
      message: signs(issue(ca, { eku: ['1.3.6.1.5.5.7.3.1'] })),
      expected: untrusted('wrong-purpose'),
    },
    'a certificate that may only encrypt': {
      message: signs(issue(ca, { keyUsage: ['keyAgreement'] })),
      expected: untrusted('wrong-key-usage'),
    },
    'an expired certificate': {
      message: signs(issue(ca, { notAfterMs: nowMs - 1000 })),
      expected: untrusted('expired'),
    },
    'a certificate that is not valid yet': {
      message: signs(issue(ca, { notBeforeMs: nowMs + 3_600_000 })),
      expected: untrusted('not-yet-valid'),
    },
    'a revoked signer': { message: signs(alice), expected: untrusted('revoked'), options: { crls: [crl] } },
    'a revoked authority': {
      message: signs(issue(sub), sub),
      expected: untrusted('revoked'),
      options: { crls: [crlOfSub] },
    },
    'a signer whom the newest list revokes, with an older list beside it': {
      message: signs(alice),
      expected: untrusted('revoked'),
      options: { crls: [old, crl] },
    },
    'a short key': {
      message: signs(issue(ca, { algorithm: 'rsa-1024' })),
      expected: invalid('weak-algorithm'),
    },
    'no anchor at all': {
      message: signs(alice),
      expected: untrusted('no-trust-anchors'),
      options: { trust: { trustAnchors: [], untrusted: [ca.certificate], crls: [], crlCheck: 'present' } },
    },
    'a certificate through an intermediate that came along': {
      message: signs(issue(sub), sub),
      expected: genuine,
    },
    'a signature that claims to be older than the expiry of its certificate': {
      message: signs(issue(ca, { notAfterMs: nowMs - 1000 })),
      expected: untrusted('expired'),
    },
  });
});

describe('a bag of certificates', () => {
  it('in which authorities certify each other in a ring is given up in time', () => {
    const ring = Array.from({ length: 9 }, (_, index) => makeTestCa({ name: `Ring ${index}`, nowMs }));
    const crossed = ring.flatMap((subject) =>
      ring
        .filter((issuer) => issuer !== subject)
        .map((issuer) => issuer.subCa({ keys: subject, subject: subject.name }).certificate),
    );
    const keys = makeKeys('ec-p256');
    const leaves = ring.map((issuer) =>
      issuer.issue({ address: 'alice@example.org', keys, algorithm: 'ec-p256' }),
    );
    const own = leaves.map(({ certificate }) => certificate);
    const cms = withSigners(withCertificates(cmsBy(leaves[0]!), ...own, ...crossed), ([signer]) =>
      Array.from({ length: 16 }, () => signer!),
    );
    const message = messageOf(clearEntity(entity, cms));
    const startMs = cpuNow();
    expect(outcomeOf(open(message))).toMatchObject({ signature: 'untrusted', method: 'smtp' });
    expect(cpuNow() - startMs).toBeLessThan(10_000);
  });

  it('beyond the limit makes the signature invalid', () => {
    const many = Array.from({ length: 101 }, () => alice.certificate);
    const cms = withCertificates(cmsBy(alice), ...many);
    expect(outcomeOf(open(messageOf(clearEntity(entity, cms))))).toMatchObject(
      invalid('too-many-certificates'),
    );
  });

  it('of keys of 16,384 bits and more costs no time, and says nothing of the signer', () => {
    const startMs = cpuNow();
    const giants = [16_384, 65_536].map((bits) => giantCertificate(bits, alice));
    for (const giant of giants) {
      // Beside the certificate of the signer, which counts.
      const beside = withCertificates(
        cmsBy(alice),
        alice.certificate,
        ...Array(50).fill(giant),
        ca.certificate,
      );
      expect(outcomeOf(open(messageOf(clearEntity(entity, beside))))).toMatchObject(genuine);
      // In its place: issuer and serial number are those of the signer.
      const instead = withCertificates(cmsBy(alice), giant, ca.certificate);
      expect(open(messageOf(clearEntity(entity, instead))).authenticationMethod).toBe('smtp');
    }
    expect(cpuNow() - startMs).toBeLessThan(10_000);
  });

  it('with more signers than the limit makes the signature invalid', () => {
    const cms = withSigners(cmsBy(alice), ([signer]) => Array.from({ length: 17 }, () => signer!));
    expect(outcomeOf(open(messageOf(clearEntity(entity, cms))))).toMatchObject(invalid('too-many-signers'));
  });
});

describe('text around a signed part', () => {
  const signed = signedBy(alice);
  const html = textEntity('<div style="display:none">', 'text/html; charset=utf-8');
  const expected = { kind: 'none', ...unsigned } as const;
  run({
    'before it': { message: messageOf(multipart('mixed', 'outer', other, signed)), expected },
    'behind it': { message: messageOf(multipart('mixed', 'outer', signed, other)), expected },
    'alone in a multipart/mixed': { message: messageOf(multipart('mixed', 'outer', signed)), expected },
    'as an alternative': { message: messageOf(multipart('alternative', 'outer', other, signed)), expected },
    'hidden by HTML before it': { message: messageOf(multipart('mixed', 'outer', html, signed)), expected },
    'referred to from HTML': {
      message: messageOf(
        multipart(
          'related',
          'outer',
          textEntity('<img src="cid:s">', 'text/html'),
          join('Content-ID: <s>\r\n', signed),
        ),
      ),
      expected,
    },
    'as an attachment': {
      message: messageOf(
        multipart('mixed', 'outer', other, join('Content-Disposition: attachment\r\n', signed)),
      ),
      expected,
    },
    'as a forwarded message': {
      message: messageOf(join('Content-Type: message/rfc822\r\n\r\n', messageOf(signed))),
      expected,
    },
    'opaque, inside a multipart': {
      message: messageOf(multipart('mixed', 'outer', signedBy(alice, entity, true), other)),
      expected,
    },
    'in the preamble and behind the last boundary': {
      message: join(messageOf(signed).subarray(0, -2), '\r\nPay the attacker.\r\n'),
      expected: genuine,
    },
  });
});

describe('who the message is from', () => {
  const signed = signedBy(alice);
  const from = (...fields: readonly string[]) =>
    messageOf(signed, fields.map((field) => `From: ${field}`).join('\r\n'));
  run({
    'another address': { message: from('Manager <manager@example.org>'), expected: notSender },
    'the address of the signer as display name': {
      message: from('"alice@example.org" <manager@example.org>'),
      expected: notSender,
    },
    'the address of the signer as bare display name': {
      message: from('alice@example.org <manager@example.org>'),
      expected: notSender,
    },
    'the address of the signer in a comment': {
      message: from('manager@example.org (alice@example.org)'),
      expected: notSender,
    },
    'the address of the signer in angle brackets within the name': {
      message: from('"Alice <alice@example.org>" <manager@example.org>'),
      expected: notSender,
    },
    'another address as display name of the signer': {
      message: from('"manager@example.org" <alice@example.org>'),
      expected: genuine,
    },
    'an encoded word as display name': {
      message: from('=?utf-8?q?alice=40example=2Eorg?= <manager@example.org>'),
      expected: notSender,
    },
    'no addr-spec': { message: from('alice'), expected: notSender },
    'an empty address': { message: from('Alice <>'), expected: notSender },
    nothing: { message: from(''), expected: notSender },
    'no From field': { message: messageOf(signed, 'Sender: alice@example.org'), expected: notSender },
    'two From fields, the signer first': {
      message: from('alice@example.org', 'manager@example.org'),
      expected: notSender,
    },
    'two From fields, the signer last': {
      message: from('manager@example.org', 'alice@example.org'),
      expected: notSender,
    },
    'two From fields that both name the signer': {
      message: from('alice@example.org', 'alice@example.org'),
      expected: notSender,
    },
    'two mailboxes, the signer first': {
      message: from('alice@example.org, manager@example.org'),
      expected: notSender,
    },
    'two mailboxes, the signer last': {
      message: from('manager@example.org, alice@example.org'),
      expected: notSender,
    },
    'a group': { message: from('staff: alice@example.org;'), expected: notSender },
    'an empty group': { message: from('staff:;'), expected: notSender },
    'Sender names the signer': {
      message: messageOf(signed, 'From: manager@example.org\r\nSender: alice@example.org'),
      expected: notSender,
    },
    'Sender names somebody else': {
      message: messageOf(signed, 'From: alice@example.org\r\nSender: manager@example.org'),
      expected: genuine,
    },
    'Reply-To and Resent-From name the signer': {
      message: messageOf(
        signed,
        'Reply-To: alice@example.org\r\nResent-From: alice@example.org\r\nFrom: manager@example.org',
      ),
      expected: notSender,
    },
    'a blank before the colon of a second From': {
      message: messageOf(signed, 'From: alice@example.org\r\nFrom : manager@example.org'),
      expected: notSender,
    },
    'other letter case': { message: from('ALICE@Example.ORG'), expected: genuine },
    'a quoted local part': { message: from('"alice"@example.org'), expected: genuine },
    'a missing comma': { message: from('<alice@example.org> <manager@example.org>'), expected: notSender },
    'an address with NUL': { message: from('alice@example.org\0.evil.example'), expected: notSender },
    'a From inside the signed part that names the signer': {
      message: messageOf(
        signedBy(alice, join('From: manager@example.org\r\n', entity)),
        'From: alice@example.org',
      ),
      expected: genuine,
    },
    'a From inside the signed part against another outside': {
      message: messageOf(
        signedBy(alice, join('From: alice@example.org\r\n', textEntity('x', 'text/plain; hp="clear"'))),
        'From: manager@example.org',
      ),
      expected: notSender,
    },
  });

  it('names both addresses when the signer is not the sender', () => {
    const { sender } = open(from('manager@example.org'));
    expect(sender.code).toBe('signer-not-sender');
    expect(sender.reason).toContain('alice@example.org');
    expect(sender.reason).toContain('manager@example.org');
  });
});

describe('the structure of a signature', () => {
  const attributesOf = (cms: Uint8Array) => ({ ...signerField(cms, 3), identifier: 0x31 });
  const cms = cmsBy(alice);
  // What the signer really signed: the attributes as a DER SET.
  const attributes = derOf(attributesOf(cms));
  const rawContent = withoutAttributes(withContent(cms, attributes));
  run({
    'signed attributes cut off and passed off as the content': {
      message: messageOf(cmsEntity(rawContent)),
      expected: invalid('no-signed-attributes'),
    },
    'the same, detached': {
      message: messageOf(clearEntity(attributes, withoutAttributes(cms))),
      expected: invalid('no-signed-attributes'),
    },
    'honest attributes over content that is attributes itself': {
      message: messageOf(cmsEntity(cmsBy(alice, attributes, false))),
      expected: invalid('ambiguous-content'),
    },
    'another digest algorithm': {
      message: messageOf(
        clearEntity(
          entity,
          withSignerField(cms, 2, () => node(0x30, oidLeaf('2.16.840.1.101.3.4.2.3'))),
        ),
      ),
      expected: { signature: 'invalid', method: 'smtp' },
    },
    'another signature algorithm': {
      message: messageOf(
        clearEntity(
          entity,
          withSignerField(cms, 4, () => node(0x30, oidLeaf(oids.ecdsaWithSha384))),
        ),
      ),
      expected: { signature: 'invalid', method: 'smtp' },
    },
    'a flipped bit in the signature': {
      message: messageOf(
        clearEntity(
          entity,
          withSignerField(cms, 5, (old) => leaf(old.identifier, flipped(old.content))),
        ),
      ),
      expected: { signature: 'invalid', method: 'smtp' },
    },
    'an attribute twice': {
      message: messageOf(
        clearEntity(
          entity,
          withSignerField(cms, 3, (old) => ({ ...old, members: [...old.members!, old.members!.at(-1)!] })),
        ),
      ),
      expected: invalid('malformed-attributes'),
    },
    'content that is no mail': {
      message: messageOf(cmsEntity(contentOfType(cmsBy(alice, entity, false), oids.envelopedData))),
      expected: invalid('not-mail-content'),
    },
  });
});

describe('certificates that stand in for another', () => {
  const keys = makeKeys('ec-p256');
  const first = ca.issue({ address: 'alice@example.org', keys, serialNumber: 4711 });
  // The same key, serial number and issuer name, but another address: only the hash tells them apart.
  const twin = ca.issue({ address: 'eve@example.org', keys, serialNumber: 4711 });
  const reissued = ca.issue({ address: 'alice@example.org', keys, notBeforeMs: nowMs - 2 * day });
  const bySki = (cms: Uint8Array) =>
    withSignerField(cms, 1, () => leaf(0x80, first.certificate.subjectKeyIdentifier!));
  const signs = (cms: Uint8Array, ...own: readonly TestIdentity[]) =>
    clearEntity(entity, withCertificates(cms, ...own.map(({ certificate }) => certificate)));
  run({
    'the certificate of another address on the same key': {
      message: messageOf(signs(cmsBy(first), twin), 'From: eve@example.org'),
      expected: invalid('signing-certificate-mismatch'),
    },
    'several certificates of one key identifier, the right one last': {
      message: messageOf(signs(bySki(cmsBy(first)), twin, reissued, first)),
      expected: genuine,
    },
    'a key identifier that belongs to another key': {
      message: messageOf(
        signs(
          withSignerField(cmsBy(eve), 1, () => leaf(0x80, first.certificate.subjectKeyIdentifier!)),
          first,
        ),
      ),
      expected: invalid('bad-signature'),
    },
    'no certificate at all': {
      message: messageOf(signs(cmsBy(first))),
      expected: invalid('certificate-missing'),
    },
  });

  it('finds a certificate that the verifier knows where the message brings none', () => {
    const trust: OpenOptions['trust'] = {
      trustAnchors: [ca.certificate],
      untrusted: [first.certificate],
      crls: [],
      crlCheck: 'present',
    };
    expect(outcomeOf(open(messageOf(signs(cmsBy(first))), { trust }))).toMatchObject(genuine);
  });
});

function withoutAttributes(cms: Uint8Array): Uint8Array {
  return withSignerField(cms, 3, () => undefined);
}

function contentOfType(cms: Uint8Array, type: string): Uint8Array {
  const old = derOid(oids.data);
  const at = Buffer.from(cms).indexOf(Buffer.from(old), 20);
  return Buffer.concat([cms.subarray(0, at), derOid(type), cms.subarray(at + old.length)]);
}

/** The message with one more field at the end of its header. */
function withField(message: Uint8Array, field: string): Uint8Array {
  const text = Buffer.from(message).toString('latin1');
  return bytesOf(text.replace('\r\n\r\n', `\r\n${field}\r\n\r\n`), 'latin1');
}

function oidLeaf(oid: string) {
  return treeOf(derOid(oid));
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((octet, index) => (index === bytes.length - 1 ? octet ^ 1 : octet));
}
