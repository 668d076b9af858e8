import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { contentInfo } from '../../test/kit/forge-cms.ts';
import { sealContent } from '../cms/seal.ts';
import { signContent } from '../cms/sign.ts';
import { parseEntity } from '../mime/entity.ts';
import { encodeBase64Lines } from '../mime/transfer-encoding.ts';
import { derExplicit, derInteger, derOctetString, derOid, derSequence, derSet } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { cryptographicForm } from './cryptographic-form.ts';
import { type LayerStep, openLayer } from './open-layer.ts';

const ca = makeTestCa();
const alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
const text = Buffer.from('Content-Type: text/plain\r\n\r\nThe canary sings.');
const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'off' } as const;

function step(entity: string): LayerStep | undefined {
  const form = cryptographicForm(parseEntity(Buffer.from(entity, 'latin1')));
  if (form.form === 'plain' || form.form === 'foreign') throw new Error('no layer');
  return openLayer(form, { identities: [], trust, atMs: ca.nowMs });
}

function opaque(cms: Uint8Array, smimeType = 'signed-data', type = 'application/pkcs7-mime') {
  const fields = `Content-Type: ${type}; smime-type=${smimeType}; name="smime.p7m"`;
  return step(`${fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(cms)}`);
}

function clear(...signatures: readonly Uint8Array[]) {
  const parts = [
    text.toString(),
    ...signatures.map(
      (cms) =>
        `Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(cms)}`,
    ),
  ];
  const type = 'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b';
  return step(`${type}\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(encodeBase64Lines(bytes)).toString('latin1');
}

function sign(detached: boolean): Uint8Array {
  return signContent({ content: text, detached, signer: { ...alice, chain: [] }, atMs: ca.nowMs });
}

const invalid = (code: string) => ({ type: 'signed', form: 'clear', verdict: { status: 'invalid', code } });

describe('a clear signature', () => {
  it('is valid of two parts, and of no other number', () => {
    expect(clear(sign(true))?.layer).toMatchObject({ type: 'signed', verdict: { status: 'valid' } });
    expect(clear()?.layer).toMatchObject(invalid('not-two-parts'));
    expect(clear(sign(true), sign(true))?.layer).toMatchObject(invalid('not-two-parts'));
  });

  it('leaves the first part to be read whatever the signature is worth', () => {
    for (const signatures of [[], [Buffer.from('no CMS')], [sign(true)], [sign(true), sign(true)]])
      expect(Buffer.from(clear(...signatures)!.inner!)).toEqual(text);
  });

  it('says in a sentence what is wrong with a second part that is no signature', () => {
    expect(clear(Buffer.from('no CMS'))?.layer).toMatchObject({
      ...invalid('not-cms'),
      verdict: { reason: expect.stringMatching(/^[A-Z].*[^.]\.$/) },
    });
    const envelope = sealContent(text, 'aes-128-gcm').der([alice.certificate]);
    expect(clear(envelope)?.layer).toMatchObject(invalid('not-signed-data'));
    expect(clear(sign(false))?.layer).toMatchObject(invalid('content-not-detached'));
  });
});

describe('what says that it is CMS and cannot be read', () => {
  const garbage = Buffer.from('no CMS');

  it.each([
    ['signed-data', { type: 'signed', form: 'opaque', verdict: { status: 'invalid', code: 'not-cms' } }],
    ['compressed-data', { type: 'compressed', reason: expect.stringMatching(/^[A-Z].*\.$/) }],
    ['certs-only', { type: 'certs-only', certificates: [] }],
    ['enveloped-data', { type: 'enveloped', decrypted: false }],
    ['authenveloped-data', { type: 'auth-enveloped', decrypted: false }],
    ['of-no-known-kind', { type: 'enveloped', decrypted: false }],
  ])('as %s is one, and failed', (smimeType, layer) => {
    const found = opaque(garbage, smimeType);
    expect(found?.layer).toMatchObject(layer);
    expect(found?.inner).toBeUndefined();
  });

  it('by its file name alone is no layer at all', () => {
    expect(opaque(garbage, 'signed-data', 'application/octet-stream')).toBeUndefined();
  });
});

describe('signed data without a signer', () => {
  const encapsulated = (...content: readonly Uint8Array[]) =>
    contentInfo(
      oids.signedData,
      derSequence(derInteger(1), derSet(), derSequence(derOid(oids.data), ...content), derSet()),
    );

  it('is certificates only where it has no content either', () => {
    expect(opaque(encapsulated())?.layer).toEqual({ type: 'certs-only', certificates: [] });
  });

  it('is unsigned content where it has some, which is read on', () => {
    const found = opaque(encapsulated(derExplicit(0, derOctetString(text))));
    expect(found?.layer).toMatchObject({ type: 'signed', verdict: { status: 'none', code: 'no-signer' } });
    expect(Buffer.from(found!.inner!)).toEqual(text);
  });

  it('is a signature, and invalid, where only the content is missing', () => {
    expect(opaque(sign(true))?.layer).toMatchObject({
      type: 'signed',
      verdict: { status: 'invalid', code: 'content-absent' },
    });
  });
});

describe('wrappings that protect nothing', () => {
  it('are taken off: id-data', () => {
    const found = opaque(contentInfo(oids.data, derOctetString(text)));
    expect(found?.layer).toBeUndefined();
    expect(Buffer.from(found!.inner!)).toEqual(text);
  });

  it('hold nothing to be read on where their type is not known', () => {
    expect(opaque(contentInfo('1.2.3.4', derOctetString(text)))).toEqual({
      layer: undefined,
      inner: undefined,
    });
  });
});

describe('a bug of our own', () => {
  const form = (content: string, type: string) =>
    cryptographicForm(parseEntity(Buffer.from(`Content-Type: ${type}\r\n\r\n${content}`, 'latin1')));
  const options = { identities: [], trust, atMs: ca.nowMs };

  it('is never taken for a fault of the message', () => {
    const broken = {
      ...options,
      get trust(): typeof trust {
        throw new Error('a bug');
      },
    };
    const opaqueForm = form(
      Buffer.from(sign(false)).toString('latin1'),
      'application/octet-stream; name=a.p7m',
    );
    if (opaqueForm.form !== 'cms') throw new Error('no CMS');
    expect(openLayer(opaqueForm, options)?.layer).toMatchObject({ verdict: { status: 'valid' } });
    expect(() => openLayer(opaqueForm, broken)).toThrow('a bug');
    const [part] = [parseEntity(text)];
    const parts = [
      part,
      {
        ...part,
        get source(): Uint8Array {
          throw new Error('a bug');
        },
      },
    ];
    expect(() => openLayer({ form: 'clear', parts, ambiguous: false }, options)).toThrow('a bug');
  });
});
