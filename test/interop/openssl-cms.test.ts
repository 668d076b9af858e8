import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import { describeRecipients } from '../../src/cms/describe.ts';
import type { AuthEnvelopedData, EnvelopedData } from '../../src/cms/enveloped-data.ts';
import { openEnveloped } from '../../src/cms/open.ts';
import { type SealCipher, sealContent } from '../../src/cms/seal.ts';
import { formatCertsOnly, signContent } from '../../src/cms/sign.ts';
import type { SignedData } from '../../src/cms/signed-data.ts';
import { verifySignerInfo } from '../../src/cms/verify.ts';
import { type KeyAlgorithm, makeTestCa, type TestCa, type TestIdentity } from '../kit/ca.ts';
import { Openssl } from '../kit/openssl.ts';
import { hasProgram } from '../kit/programs.ts';

const content = Buffer.concat([
  Buffer.from('Content-Type: text/plain\r\n\r\nHallo, Gruß\r\n'),
  randomBytes(3000),
]);

describe.skipIf(!hasProgram('openssl'))('interop with openssl cms', () => {
  let ca: TestCa;
  let openssl: Openssl;
  const identities = new Map<KeyAlgorithm, TestIdentity>();
  const identity = (algorithm: KeyAlgorithm): TestIdentity => {
    const known = identities.get(algorithm) ?? ca.issue({ address: `${algorithm}@example.org`, algorithm });
    identities.set(algorithm, known);
    return known;
  };
  beforeAll(() => {
    ca = makeTestCa();
    openssl = new Openssl();
  });
  afterAll(() => openssl.close());

  const oaep = ['-keyopt', 'rsa_padding_mode:oaep'];
  const encryptions: readonly (readonly [
    string,
    KeyAlgorithm,
    readonly string[],
    readonly string[],
    string,
    string,
  ])[] = [
    ['AES-128-CBC', 'rsa-2048', [], ['-aes-128-cbc'], 'aes-128-cbc', 'rsaes-pkcs1'],
    ['AES-192-CBC', 'rsa-2048', [], ['-aes-192-cbc'], 'aes-192-cbc', 'rsaes-pkcs1'],
    ['AES-256-CBC', 'rsa-3072', [], ['-aes-256-cbc'], 'aes-256-cbc', 'rsaes-pkcs1'],
    ['AES-256-CBC in BER', 'rsa-2048', [], ['-aes-256-cbc', '-stream'], 'aes-256-cbc', 'rsaes-pkcs1'],
    ['AES-128-GCM', 'rsa-2048', [], ['-aes-128-gcm'], 'aes-128-gcm', 'rsaes-pkcs1'],
    ['AES-192-GCM', 'rsa-2048', [], ['-aes-192-gcm'], 'aes-192-gcm', 'rsaes-pkcs1'],
    ['AES-256-GCM', 'rsa-2048', [], ['-aes-256-gcm'], 'aes-256-gcm', 'rsaes-pkcs1'],
    ['AES-256-GCM in BER', 'rsa-2048', [], ['-aes-256-gcm', '-stream'], 'aes-256-gcm', 'rsaes-pkcs1'],
    ['OAEP with SHA-1', 'rsa-2048', oaep, ['-aes-256-cbc'], 'aes-256-cbc', 'rsaes-oaep'],
    [
      'OAEP with SHA-256',
      'rsa-2048',
      [...oaep, '-keyopt', 'rsa_oaep_md:sha256'],
      ['-aes-256-cbc'],
      'aes-256-cbc',
      'rsaes-oaep',
    ],
    [
      'OAEP with SHA-384',
      'rsa-2048',
      [...oaep, '-keyopt', 'rsa_oaep_md:sha384'],
      ['-aes-128-gcm'],
      'aes-128-gcm',
      'rsaes-oaep',
    ],
    [
      'OAEP with SHA-512, MGF1 with SHA-1 and a label',
      'rsa-2048',
      [
        ...oaep,
        '-keyopt',
        'rsa_oaep_md:sha512',
        '-keyopt',
        'rsa_mgf1_md:sha1',
        '-keyopt',
        'rsa_oaep_label:0011ff',
      ],
      ['-aes-256-gcm'],
      'aes-256-gcm',
      'rsaes-oaep',
    ],
    [
      'a recipient by key identifier',
      'rsa-2048',
      [],
      ['-aes-256-cbc', '-keyid'],
      'aes-256-cbc',
      'rsaes-pkcs1',
    ],
    ["ECDH P-256, openssl's own choice of KDF", 'ec-p256', [], ['-aes-256-cbc'], 'aes-256-cbc', 'ecdh-sha1'],
    ['ECDH P-256 by key identifier', 'ec-p256', [], ['-aes-256-cbc', '-keyid'], 'aes-256-cbc', 'ecdh-sha1'],
    [
      'ECDH P-384 with SHA-384',
      'ec-p384',
      ['-keyopt', 'ecdh_kdf_md:sha384'],
      ['-aes-256-gcm'],
      'aes-256-gcm',
      'ecdh-sha384',
    ],
    [
      'ECDH P-521 with cofactor and SHA-512',
      'ec-p521',
      ['-keyopt', 'ecdh_kdf_md:sha512', '-keyopt', 'ecdh_cofactor_mode:1'],
      ['-aes-128-gcm'],
      'aes-128-gcm',
      'ecdh-sha512',
    ],
  ];

  it.each(encryptions)('opens %s', (_name, algorithm, recipientOptions, options, cipher, keyAlgorithm) => {
    const recipient = identity(algorithm);
    const info = parseEnvelope(
      openssl.encrypt(content, [{ ...recipient, options: recipientOptions }], options),
    );
    const outcome = openEnveloped(info, [recipient]);
    expect(outcome).toMatchObject({
      status: 'opened',
      contentEncryption: cipher,
      aead: cipher.endsWith('gcm'),
    });
    expect(outcome.status === 'opened' && content.equals(outcome.content)).toBe(true);
    expect(describeRecipients(info).map((row) => row.algorithm)).toEqual([keyAlgorithm]);
  });

  it('opens one message for several recipients with the key of each', () => {
    const recipients = (['rsa-2048', 'ec-p256', 'rsa-4096', 'ec-p384'] as const).map(identity);
    const info = parseEnvelope(openssl.encrypt(content, recipients, ['-aes-256-gcm']));
    for (const recipient of recipients) {
      expect(openEnveloped(info, [identity('ec-p521'), recipient])).toMatchObject({ status: 'opened' });
    }
    expect(openEnveloped(info, [identity('ec-p521')])).toEqual({ status: 'not-for-us' });
  });

  it('opens 3DES where old ciphers were asked for, and nowhere else', () => {
    const info = parseEnvelope(openssl.encrypt(content, [identity('rsa-2048')], ['-des3']));
    expect(openEnveloped(info, [identity('rsa-2048')])).toEqual({ status: 'failed' });
    expect(openEnveloped(info, [identity('rsa-2048')], { legacy: true })).toMatchObject({ status: 'opened' });
  });

  it('opens what a password or a key agreed elsewhere encrypts', () => {
    const key = Buffer.alloc(32, 7);
    const id = Uint8Array.of(1, 2, 3, 4);
    const names = ['-secretkey', key.toString('hex'), '-secretkeyid', Buffer.from(id).toString('hex')];
    const byKey = parseEnvelope(openssl.encrypt(content, [], ['-aes-256-cbc', ...names]));
    expect(openEnveloped(byKey, [], { keyEncryptionKeys: [{ identifier: id, key }] })).toMatchObject({
      status: 'opened',
    });
    const wrong = { identifier: id, key: Buffer.alloc(32, 8) };
    expect(openEnveloped(byKey, [], { keyEncryptionKeys: [wrong] })).toEqual({ status: 'failed' });
    const byPassword = parseEnvelope(
      openssl.encrypt(content, [], ['-aes-256-cbc', '-pwri_password', 'secret']),
    );
    expect(openEnveloped(byPassword, [], { password: 'secret' })).toMatchObject({ status: 'opened' });
    expect(openEnveloped(byPassword, [], { password: 'Secret' })).toEqual({ status: 'failed' });
    expect(openEnveloped(byPassword, [])).toEqual({ status: 'not-for-us' });
  });

  it('reports digested and encrypted data', () => {
    const digested = openssl.must(
      ['cms', '-digest_create', '-binary', '-md', 'sha256', '-outform', 'DER'],
      content,
    );
    expect(parseContentInfo(digested)).toMatchObject({
      type: 'digested',
      matches: true,
      digestAlgorithm: 'sha256',
    });
    const key = ['-secretkey', '00'.repeat(32), '-aes256'];
    const encrypted = openssl.must(
      ['cms', '-EncryptedData_encrypt', '-binary', ...key, '-outform', 'DER'],
      content,
    );
    expect(parseContentInfo(encrypted)).toMatchObject({ type: 'encrypted' });
  });

  const sealings: readonly (readonly [SealCipher, KeyAlgorithm, 'rsaes-pkcs1' | 'rsaes-oaep' | undefined])[] =
    [
      ['aes-128-cbc', 'rsa-2048', undefined],
      ['aes-256-cbc', 'rsa-4096', undefined],
      ['aes-128-gcm', 'rsa-2048', undefined],
      ['aes-256-gcm', 'rsa-2048', 'rsaes-oaep'],
      ['aes-256-cbc', 'rsa-2048', 'rsaes-oaep'],
      ['aes-256-cbc', 'ec-p256', undefined],
      ['aes-128-gcm', 'ec-p256', undefined],
      ['aes-256-gcm', 'ec-p384', undefined],
      ['aes-256-cbc', 'ec-p521', undefined],
    ];

  it.each(
    sealings,
  )('seals with %s for %s (%s) so that openssl opens it', (cipher, algorithm, keyTransport) => {
    const recipient = identity(algorithm);
    const sealed = sealContent(content, cipher);
    const options = keyTransport === undefined ? {} : { keyTransport };
    for (const der of [
      Buffer.concat([sealed.headFor(recipient.certificate, options), sealed.tail]),
      sealed.der([recipient.certificate], options),
    ]) {
      const result = openssl.decrypt(der, recipient);
      expect(result.stderr).toBe('');
      expect(content.equals(result.stdout)).toBe(true);
    }
  });

  it('seals one message for several recipients that openssl opens with the key of each', () => {
    const recipients = (['rsa-2048', 'ec-p256', 'rsa-4096', 'ec-p384'] as const).map(identity);
    const der = sealContent(content, 'aes-256-gcm').der(recipients.map(({ certificate }) => certificate));
    for (const recipient of recipients)
      expect(content.equals(openssl.decrypt(der, recipient).stdout)).toBe(true);
  });

  const pss = ['-keyopt', 'rsa_padding_mode:pss'];
  const signatures: readonly (readonly [string, KeyAlgorithm, readonly string[], string])[] = [
    ['RSA', 'rsa-2048', ['-md', 'sha256'], 'rsa-pkcs1-sha256'],
    ['RSA with SHA-384', 'rsa-2048', ['-md', 'sha384'], 'rsa-pkcs1-sha384'],
    ['RSA with SHA3-256', 'rsa-2048', ['-md', 'sha3-256'], 'rsa-pkcs1-sha3-256'],
    ['RSA with SHA-512, opaque', 'rsa-2048', ['-md', 'sha512', '-nodetach'], 'rsa-pkcs1-sha512'],
    ['RSA, opaque, in BER', 'rsa-2048', ['-md', 'sha256', '-nodetach', '-stream'], 'rsa-pkcs1-sha256'],
    ['RSA-PSS', 'rsa-2048', ['-md', 'sha256', ...pss], 'rsa-pss-sha256'],
    [
      'RSA-PSS with another salt length',
      'rsa-2048',
      ['-md', 'sha384', ...pss, '-keyopt', 'rsa_pss_saltlen:20'],
      'rsa-pss-sha384',
    ],
    [
      'RSA-PSS with another MGF1 digest',
      'rsa-2048',
      ['-md', 'sha256', ...pss, '-keyopt', 'rsa_mgf1_md:sha512'],
      'rsa-pss-sha256',
    ],
    ['a key bound to RSA-PSS', 'rsa-pss-2048', ['-md', 'sha256', ...pss], 'rsa-pss-sha256'],
    ['ECDSA P-256', 'ec-p256', ['-md', 'sha256'], 'ecdsa-sha256'],
    ['ECDSA P-384', 'ec-p384', ['-md', 'sha384'], 'ecdsa-sha384'],
    ['ECDSA P-521', 'ec-p521', ['-md', 'sha512', '-nodetach'], 'ecdsa-sha512'],
    ['a signer by key identifier', 'rsa-2048', ['-md', 'sha256', '-keyid'], 'rsa-pkcs1-sha256'],
    ['CAdES attributes', 'rsa-2048', ['-md', 'sha256', '-cades'], 'rsa-pkcs1-sha256'],
  ];

  it.each(signatures)('verifies %s', (_name, algorithm, options, signatureAlgorithm) => {
    const signer = identity(algorithm);
    const signed = parseSigned(openssl.sign(content, signer, options));
    const [signerInfo, ...others] = signed.signerInfos;
    expect(others).toEqual([]);
    expect(signed.eContent === undefined).toBe(!options.includes('-nodetach'));
    const verdict = verifySignerInfo(signed, signerInfo!, signed.eContent ?? content);
    expect(verdict).toMatchObject({ status: 'good', signatureAlgorithm });
    expect(verdict.status === 'good' && verdict.certificate.sha256).toBe(signer.certificate.sha256);
    const changed = Buffer.from(content);
    changed[40]! ^= 1;
    expect(verifySignerInfo(signed, signerInfo!, changed)).toMatchObject({
      status: 'bad',
      code: 'digest-mismatch',
    });
  });

  it('reports SHA-1 and MD5 as weak, and verifies them where old algorithms were asked for', () => {
    for (const digest of ['sha1', 'md5']) {
      const signed = parseSigned(openssl.sign(content, identity('rsa-2048'), ['-md', digest]));
      const signerInfo = signed.signerInfos[0]!;
      expect(verifySignerInfo(signed, signerInfo, content)).toMatchObject({
        status: 'bad',
        code: 'weak-algorithm',
      });
      expect(verifySignerInfo(signed, signerInfo, content, { legacy: true })).toMatchObject({
        status: 'good',
      });
    }
  });

  it('refuses a signature without signed attributes', () => {
    const signed = parseSigned(openssl.sign(content, identity('rsa-2048'), ['-md', 'sha256', '-noattr']));
    expect(verifySignerInfo(signed, signed.signerInfos[0]!, content)).toMatchObject({
      status: 'bad',
      code: 'no-signed-attributes',
    });
  });

  const signers: readonly (readonly [KeyAlgorithm, 'pkcs1' | 'pss'])[] = [
    ['rsa-2048', 'pkcs1'],
    ['rsa-3072', 'pss'],
    ['rsa-pss-2048', 'pss'],
    ['ec-p256', 'pkcs1'],
    ['ec-p384', 'pkcs1'],
    ['ec-p521', 'pkcs1'],
  ];

  it.each(
    signers,
  )('signs with %s (%s) so that openssl verifies it, detached and opaque', (algorithm, rsaPadding) => {
    const { certificate, privateKey } = identity(algorithm);
    const signer = { certificate, privateKey, chain: ca.chain, rsaPadding };
    const more = ['-purpose', 'smimesign'];
    for (const detached of [true, false]) {
      const der = signContent({ content, detached, signer, atMs: ca.nowMs });
      const result = openssl.verify(der, ca.pem, { more, ...(detached ? { content } : {}) });
      expect(result.stderr).toContain('successful');
      expect(content.equals(result.stdout)).toBe(true);
      const signed = parseSigned(der);
      expect(signed.certificates.map(({ sha256 }) => sha256)).toEqual([certificate.sha256]);
    }
  });

  it('writes certificates alone so that openssl lists them', () => {
    const certificates = [identity('rsa-2048').certificate, identity('ec-p256').certificate];
    const listed = openssl.must(
      ['pkcs7', '-inform', 'DER', '-print_certs', '-noout'],
      formatCertsOnly(certificates),
    );
    expect(listed.toString().match(/subject=/g)).toHaveLength(2);
  });
});

function parseEnvelope(der: Uint8Array): EnvelopedData | AuthEnvelopedData {
  const info = parseContentInfo(der);
  if (info.type !== 'enveloped' && info.type !== 'authEnveloped') throw new Error(`read as ${info.type}`);
  return info;
}

function parseSigned(der: Uint8Array): SignedData {
  const info = parseContentInfo(der);
  if (info.type !== 'signed') throw new Error(`read as ${info.type}`);
  return info;
}
