import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { contentInfo } from '../../test/kit/forge-cms.ts';
import { derAlgorithm } from '../cms/algorithm.ts';
import { signContent } from '../cms/sign.ts';
import { encodeBase64Lines } from '../mime/transfer-encoding.ts';
import { derExplicit, derInteger, derOctetString, derOid, derSequence, derSet } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { maxLayers, openMessage } from './open-message.ts';
import { type SealCipher, sealEntity } from './seal-entity.ts';
import { signEntity } from './sign-entity.ts';

const ca = makeTestCa();
const { nowMs: atMs } = ca;
const alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
const eve = ca.issue({ address: 'eve@example.org', algorithm: 'ec-p256' });
const bob = ca.issue({ address: 'bob@example.org', algorithm: 'ec-p256' });
const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'off' } as const;
const text = Buffer.from('Content-Type: text/plain\r\n\r\nThe canary sings.\r\n');

function open(content: Uint8Array) {
  const fields = 'From: alice@example.org\r\nMIME-Version: 1.0\r\n';
  return openMessage(Buffer.concat([Buffer.from(fields), content]), { identities: [alice], trust, atMs });
}

function signed(content: Uint8Array, signer: TestIdentity = alice, opaque = true): Uint8Array {
  return signEntity(content, { ...signer, chain: [] }, { opaque, atMs });
}

function sealed(content: Uint8Array, to: TestIdentity = alice, cipher: SealCipher = 'aes-256-gcm') {
  const sealer = sealEntity(content, cipher);
  const { head, tail } = sealer.copyFor(to.certificate);
  return Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail]);
}

function cmsEntity(cms: Uint8Array): Uint8Array {
  const fields = 'Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  return Buffer.concat([Buffer.from(fields), encodeBase64Lines(cms)]);
}

function compressed(content: Uint8Array): Uint8Array {
  const bytes = derExplicit(0, derOctetString(deflateSync(content)));
  const parts = [derInteger(0), derAlgorithm(oids.zlibCompress), derSequence(derOid(oids.data), bytes)];
  return cmsEntity(contentInfo(oids.compressedData, derSequence(...parts)));
}

/** A signed structure whose signers somebody took away. */
function signedByNobody(content: Uint8Array): Uint8Array {
  const encapsulated = derSequence(derOid(oids.data), derExplicit(0, derOctetString(content)));
  return cmsEntity(
    contentInfo(oids.signedData, derSequence(derInteger(1), derSet(), encapsulated, derSet())),
  );
}

const wrapped = (content: Uint8Array, depth: number) =>
  Array.from({ length: depth }).reduce<Uint8Array>((inner) => signed(inner), content);

const invalid = (code: string) => ({
  signature: { status: 'invalid', code },
  authenticationMethod: 'smtp',
  senderMatches: true,
});

describe('the depth of layers', () => {
  it('is bounded: as many as the limit are opened, and with one more no signature counts', () => {
    expect(open(wrapped(text, maxLayers))).toMatchObject({
      signature: { status: 'valid' },
      authenticationMethod: 'smime',
    });
    const deeper = open(wrapped(text, maxLayers + 1));
    expect(deeper).toMatchObject({ ...invalid('too-many-layers'), decryption: { status: 'none' } });
    expect(deeper.layers).toHaveLength(maxLayers);
    expect(deeper.innermost).toBeUndefined();
  });

  it('takes what was decrypted along: nothing is opened where something deeper was not looked at', () => {
    const opened = open(sealed(wrapped(text, maxLayers)));
    expect(opened).toMatchObject({ ...invalid('too-many-layers'), decryption: { status: 'failed' } });
    expect(opened.payload).toBeUndefined();
  });
});

describe('a signature around content that breaks a limit of the reader', () => {
  const manyParameters = Array.from({ length: 600 }, (_, n) => `; p${n}=v`).join('');
  const unreadable = [
    ['in its fields', Buffer.from(`${'X-Field: value\r\n'.repeat(4001)}\r\ntext\r\n`)],
    [
      'where a file name is looked for',
      Buffer.from(
        `Content-Type: application/octet-stream\r\nContent-Disposition: attachment${manyParameters}\r\n\r\ntext\r\n`,
      ),
    ],
  ] as const;

  it.each(unreadable)('is invalid: %s', (_where, content) => {
    expect(open(signed(content))).toMatchObject(invalid('unreadable-content'));
  });

  it.each(unreadable)('is no signature where it was an envelope: %s', (_where, content) => {
    expect(open(sealed(content))).toMatchObject({
      signature: { status: 'none', code: null },
      decryption: { status: 'opened' },
      protected: true,
    });
  });
});

describe('signatures in and around an envelope', () => {
  it.each(['aes-256-gcm', 'aes-256-cbc'] as const)('inside of %s alone speak for the body', (cipher) => {
    const theft = open(signed(sealed(signed(text, eve), alice, cipher), alice));
    expect(theft).toMatchObject({ signature: { status: 'valid' }, authenticationMethod: 'smtp' });
    expect(theft.signers.map(({ addresses }) => addresses)).toEqual([
      ['eve@example.org'],
      ['alice@example.org'],
    ]);
    const genuine = open(signed(sealed(signed(text, alice), alice, cipher), eve));
    expect(genuine).toMatchObject({ signature: { status: 'valid' }, authenticationMethod: 'smime' });
  });

  it('outside speak where none lies inside', () => {
    expect(open(signed(sealed(text)))).toMatchObject({
      authenticationMethod: 'smime',
      signers: [{ addresses: ['alice@example.org'] }],
    });
  });

  it('outside speak where what lies inside has no signer', () => {
    expect(open(signed(sealed(signedByNobody(text))))).toMatchObject({
      signature: { status: 'valid' },
      authenticationMethod: 'smime',
    });
  });

  it('of two within each other list the sender first, whichever is further in', () => {
    for (const content of [signed(signed(text, eve), alice), signed(signed(text, alice), eve)]) {
      const { signers, authenticationMethod } = open(content);
      expect(signers.map(({ addresses }) => addresses[0])).toEqual(['alice@example.org', 'eve@example.org']);
      expect(authenticationMethod).toBe('smime');
    }
  });

  it('tell of an envelope for others that it is not for us, and prove nothing of the body but the sender', () => {
    const opened = open(signed(sealed(text, bob)));
    expect(opened).toMatchObject({ decryption: { status: 'not-for-us' }, signature: { status: 'valid' } });
    expect(opened.payload).toBeUndefined();
    expect(opened.innermost).toBeUndefined();
  });
});

describe('header fields inside the layers', () => {
  const payload = Buffer.from('Subject: inside\r\nContent-Type: text/plain; hp="clear"\r\n\r\nwords\r\n');
  const stranger = makeTestCa({ name: 'Unknown CA' }).issue({ address: 'alice@example.org' });

  it('are protected by a valid signature and by nothing less', () => {
    expect(open(signed(payload)).headerProtection).toMatchObject({ mode: 'clear', status: 'signed-only' });
    expect(open(signed(payload, stranger)).headerProtection).toMatchObject({
      mode: 'clear',
      status: 'unprotected',
    });
    expect(open(sealed(payload)).headerProtection).toMatchObject({ status: 'encrypted-only' });
    expect(open(sealed(signed(payload))).headerProtection).toMatchObject({ status: 'signed-and-encrypted' });
  });

  it('are none where compression is the only layer', () => {
    expect(open(compressed(payload))).toMatchObject({
      kind: 'compressed',
      headerProtection: { mode: 'none', scheme: null, subject: null },
      protected: true,
    });
    expect(open(compressed(signed(payload))).headerProtection.mode).toBe('clear');
  });
});

describe('a clear signature', () => {
  it('of one part only is invalid, and nobody is taken for its sender', () => {
    const whole = Buffer.from(signed(text, alice, false)).toString('latin1');
    const boundary = /boundary="([^"]+)"/.exec(whole)![1]!;
    const [head, first] = whole.split(`--${boundary}\r\n`);
    const cut = Buffer.from(`${head}--${boundary}\r\n${first}--${boundary}--\r\n`, 'latin1');
    expect(open(cut)).toMatchObject({
      kind: 'clear-signed',
      signature: { status: 'invalid', code: 'not-two-parts' },
      senderMatches: false,
      signers: [],
    });
  });
});

describe('a file that only its name makes S/MIME', () => {
  const fields =
    'Content-Type: application/octet-stream; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const named = (bytes: Uint8Array) => Buffer.concat([Buffer.from(fields), encodeBase64Lines(bytes)]);

  it('is an ordinary message where it is none', () => {
    const opened = open(named(Buffer.from('a picture')));
    expect(opened).toMatchObject({
      kind: 'none',
      layers: [],
      signature: { status: 'none' },
      protected: false,
    });
    expect(opened.innermost).toBeDefined();
  });

  it('is opened where it is', () => {
    const signer = { ...alice, chain: [] };
    const cms = signContent({ content: text, detached: false, signer, atMs });
    expect(open(named(cms))).toMatchObject({ kind: 'opaque-signed', authenticationMethod: 'smime' });
  });
});
