import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { MimeError } from '../mime/error.ts';
import { inspectJson } from './inspect.ts';
import { openMessage } from './open-message.ts';
import { sealEntity } from './seal-entity.ts';
import { signEntity } from './sign-entity.ts';

const ca = makeTestCa();
const alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
const atMs = Date.now();
const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'present' } as const;
const options = { identities: [alice], trust, atMs };
const entity = new Uint8Array(Buffer.from('Content-Type: text/plain\r\n\r\nThe canary sings.\r\n'));

function messageOf(content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('From: alice@example.org\r\nMIME-Version: 1.0\r\n'), content]);
}

function sealed(content: Uint8Array): Uint8Array {
  const sealer = sealEntity(content, 'aes-256-gcm');
  const { head, tail } = sealer.copyFor(alice.certificate);
  return Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail]);
}

const signed = (content: Uint8Array) => signEntity(content, { ...alice, chain: [] }, { opaque: false, atMs });
const specimen = messageOf(sealed(signed(entity)));

/** Opens and describes; a hostile message may be refused by a limit, and by nothing else. */
function inspect(bytes: Uint8Array): string | undefined {
  try {
    return JSON.stringify(inspectJson(openMessage(bytes, options)));
  } catch (error) {
    if (error instanceof MimeError) return undefined;
    throw error;
  }
}

describe('a message that is opened', () => {
  it('tells its layers, signer, sender and payload', () => {
    const opened = openMessage(specimen, options);
    expect(opened).toMatchObject({
      kind: 'auth-enveloped',
      layers: [
        { type: 'auth-enveloped', decrypted: true },
        { type: 'signed', form: 'clear' },
      ],
      decryption: { status: 'opened', contentEncryption: 'aes-256-gcm', aead: true },
      signature: { status: 'valid', code: null },
      headerFrom: ['alice@example.org'],
      senderMatches: true,
      authenticationMethod: 'smime',
      protected: true,
    });
    expect(opened.signers[0]).toMatchObject({
      status: 'valid',
      issuers: ['CN=Test CA'],
      addresses: ['alice@example.org'],
    });
    expect(opened.signers[0]!.capabilities).toContain('aes-256-gcm');
  });

  it('without any layer is its own innermost entity', () => {
    const plain = messageOf(entity);
    const opened = openMessage(plain, options);
    expect(opened).toMatchObject({
      kind: 'none',
      layers: [],
      decryption: {
        status: 'none',
        contentEncryption: null,
        aead: false,
        contentDigest: null,
        keyDigest: null,
      },
      senderMatches: null,
      sender: { code: null, reason: null },
      protected: false,
      payload: undefined,
    });
    expect(opened.innermost!.use((bytes) => bytes)).toBe(plain);
  });

  it('writes the keys of the contract, and none of the words', () => {
    const text = JSON.stringify(inspectJson(openMessage(specimen, options)));
    const json = JSON.parse(text) as Record<string, unknown>;
    for (const key of [
      'kind',
      'layers',
      'signature',
      'headerFrom',
      'senderMatches',
      'authenticationMethod',
      'headerProtection',
    ])
      expect(json).toHaveProperty(key);
    expect(json).toMatchObject({
      layers: [
        {
          type: 'auth-enveloped',
          reason: null,
          recipients: [{ type: 'kari', algorithm: expect.any(String) }],
        },
        {
          type: 'signed',
          form: 'clear',
          digestAlgorithm: 'sha256',
          signers: [{ serial: expect.stringMatching(/^[0-9a-f]+$/) }],
        },
      ],
      headerProtection: { mode: 'none', subject: null, from: null, to: null, date: null },
    });
    expect(text).not.toContain('canary');
  });

  it('keeps a signed entity with bare LF valid, and the bytes as they came', () => {
    const lf = Buffer.from(
      Buffer.from(messageOf(signed(entity)))
        .toString('latin1')
        .replaceAll('\r\n', '\n'),
      'latin1',
    );
    const opened = openMessage(lf, options);
    expect(opened.authenticationMethod).toBe('smime');
    expect(opened.innermost!.use((bytes) => Buffer.from(bytes).includes('\r'))).toBe(false);
  });

  it('never fails but by a limit, whatever bytes there are', () => {
    const source = Buffer.from(specimen);
    fc.assert(
      fc.property(
        fc.nat(source.length - 1),
        fc.uint8Array({ maxLength: 12 }),
        fc.nat(40),
        (at, insert, skip) => {
          inspect(Buffer.concat([source.subarray(0, at), insert, source.subarray(at + skip)]));
        },
      ),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void inspect(bytes)),
      { numRuns: 300 },
    );
  });

  it('never calls a message authentic whose signed words were changed', () => {
    const source = Buffer.from(messageOf(signed(entity)));
    const start = source.indexOf('The canary');
    fc.assert(
      fc.property(
        fc.integer({ min: start, max: start + 16 }),
        fc.integer({ min: 1, max: 255 }),
        (at, bits) => {
          const changed = Buffer.from(source);
          changed[at]! ^= bits;
          expect(openMessage(changed, options).authenticationMethod).toBe('smtp');
        },
      ),
      { numRuns: 100 },
    );
  });
});
