import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { Openssl } from '../../test/kit/openssl.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { openMessage } from './open-message.ts';
import { OpenedContent } from './opened.ts';
import { type SealCipher, sealEntity } from './seal-entity.ts';

const ca = makeTestCa();
const rsa = ca.issue({ address: 'rsa@example.org' });
const ec = ca.issue({ address: 'ec@example.org', algorithm: 'ec-p256' });
const longName = ca.issue({ address: `${'long'.repeat(12)}@a-rather-long-domain.example.org` });
const trust = { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' } as const;

const ciphers: readonly SealCipher[] = ['aes-256-gcm', 'aes-128-gcm', 'aes-256-cbc', 'aes-128-cbc'];

function entityOf(size: number): Uint8Array {
  const head = 'Content-Type: text/plain\r\n\r\n';
  return new Uint8Array(Buffer.from(head + 'words\r\n'.repeat(Math.ceil(size / 7))));
}

describe('a sealed entity', () => {
  it.each(ciphers)('of %s opens again with each recipient’s own copy', (cipher) => {
    const entity = entityOf(5000);
    const sealer = sealEntity(new OpenedContent(entity), cipher);
    for (const person of [rsa, ec, longName]) {
      const { head, tail } = sealer.copyFor(person.certificate);
      const message = Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail]);
      const opened = openMessage(message, { identities: [person], trust, atMs: Date.now() });
      expect(opened.decryption).toMatchObject({ status: 'opened', contentEncryption: cipher });
      expect(opened.payload!.use((bytes) => Buffer.from(bytes))).toEqual(Buffer.from(entity));
      expect(opened.layers[0]).toMatchObject({ recipients: [expect.anything()] });
    }
  });

  it('is not opened by another recipient’s key', () => {
    const sealer = sealEntity(entityOf(10), 'aes-256-gcm');
    const { head, tail } = sealer.copyFor(rsa.certificate);
    const message = Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), head, tail]);
    const opened = openMessage(message, { identities: [ec], trust, atMs: Date.now() });
    expect(opened.decryption.status).toBe('not-for-us');
  });

  it('says what it is in fields of its own', () => {
    expect(sealEntity(entityOf(1), 'aes-128-gcm').fields).toContain('smime-type=authEnveloped-data;\r\n');
    expect(sealEntity(entityOf(1), 'aes-128-cbc').fields).toContain('smime-type=enveloped-data;\r\n');
    expect(sealEntity(entityOf(1), 'aes-128-cbc').fields).toMatch(/^(?:[A-Z ][^\r\n]*\r\n)+$/);
  });

  it.each([
    0, 1, 2, 3, 56, 57, 58, 5000,
  ])('has lines of at most 76 columns for %i bytes, none with a dot first', (size) => {
    const sealer = sealEntity(entityOf(size), 'aes-256-gcm');
    for (const person of [rsa, ec, longName]) {
      const { head, tail } = sealer.copyFor(person.certificate);
      const text = Buffer.concat([head, tail]).toString('latin1');
      expect(text).toMatch(/^(?:[A-Za-z0-9+/]{1,76}={0,2}\r\n)+$/);
      expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76);
    }
  });

  it('shares the encrypted bytes between copies instead of encoding them again', () => {
    const sealer = sealEntity(entityOf(100_000), 'aes-256-gcm');
    const people = Array.from({ length: 12 }, (_, index) =>
      ca.issue({ address: `${'x'.repeat(index + 1)}@example.org` }),
    );
    const tails = new Set(people.map(({ certificate }) => sealer.copyFor(certificate).tail));
    expect(tails.size).toBeLessThanOrEqual(3);
  });

  it('has a key of its own for each content', () => {
    const tails = [1, 2].map(() => sealEntity(entityOf(100), 'aes-256-gcm').copyFor(rsa.certificate).tail);
    expect(Buffer.compare(tails[0]!, tails[1]!)).not.toBe(0);
  });

  it('goes to several in one message where that is wanted, and to nobody never', () => {
    const sealer = sealEntity(entityOf(100), 'aes-256-cbc');
    const body = sealer.bodyFor([rsa.certificate, ec.certificate]);
    const message = Buffer.concat([Buffer.from(`${sealer.fields}\r\n`), body]);
    for (const identity of [rsa, ec])
      expect(
        openMessage(message, { identities: [identity], trust, atMs: Date.now() }).decryption.status,
      ).toBe('opened');
    expect(() => sealer.bodyFor([])).toThrow(expect.objectContaining({ code: 'no-recipient' }));
  });
});

describe.skipIf(!hasProgram('openssl'))('a sealed copy, read by openssl', () => {
  it.each(ciphers)('of %s gives the entity back', (cipher) => {
    using openssl = new Openssl();
    const entity = entityOf(3000);
    const sealer = sealEntity(entity, cipher);
    for (const person of [rsa, ec]) {
      const { head, tail } = sealer.copyFor(person.certificate);
      const message = Buffer.concat([Buffer.from(`MIME-Version: 1.0\r\n${sealer.fields}\r\n`), head, tail]);
      const { ok, stdout, stderr } = openssl.decrypt(message, person, { form: 'SMIME' });
      expect(ok, stderr).toBe(true);
      expect(stdout).toEqual(Buffer.from(entity));
    }
  });
});
