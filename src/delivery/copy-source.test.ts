import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { OpenedContent } from '../smime/opened.ts';
import type { Distribution } from '../store/distributions.ts';
import { plainCopies, SealedCopies } from './copy-source.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8') =>
  new Uint8Array(Buffer.from(text, encoding));
const distribution = (head: Uint8Array, content: Uint8Array) => ({ head, content }) as Distribution;
const nobody = { address: '', certificate: undefined, capabilities: null };

describe('a plain copy', () => {
  it('is header, blank line and body, dots doubled, ended by a line end', () => {
    const copy = plainCopies(distribution(bytes('Subject: x\r\n'), bytes('.dot\r\nno end'))).copyFor(nobody);
    expect(copy.status === 'copy' && Buffer.concat(copy.pieces).toString()).toBe(
      'Subject: x\r\n\r\n..dot\r\nno end\r\n',
    );
  });

  it.each([
    ['Subject: x', 'a', 'utf8', false, false],
    ['Subject: ü', 'a', 'utf8', true, false],
    ['Subject: ü', 'a', 'latin1', false, true],
    ['Subject: x', 'ü', 'utf8', false, true],
  ] as const)('of %j and %j in %s asks for SMTPUTF8: %s, 8BITMIME: %s', (head, body, encoding, utf8Header, eightBit) => {
    const source = plainCopies(distribution(bytes(`${head}\r\n`, encoding), bytes(body, encoding)));
    expect(source.copyFor(nobody)).toMatchObject({ utf8Header, eightBit });
  });
});

describe('sealed copies', () => {
  const ca = makeTestCa();
  const policy = { inbound: 'aead', allCbc: false } as const;
  const source = () =>
    new SealedCopies(bytes('Subject: x\r\n'), new OpenedContent(bytes('\r\nsecret')), policy);
  const recipient = (certificate: ReturnType<typeof ca.issue>['certificate'] | undefined) => ({
    address: 'a@example.org',
    certificate,
    capabilities: null,
  });

  it('share their encrypted content and hold nothing in clear', () => {
    const sealed = source();
    const copies = [1, 2].map(() =>
      sealed.copyFor(recipient(ca.issue({ address: 'a@example.org' }).certificate)),
    );
    const texts = copies.map((copy) => (copy.status === 'copy' ? Buffer.concat(copy.pieces).toString() : ''));
    for (const text of texts) {
      expect(text).toMatch(/^Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application\/pkcs7-mime/);
      expect(text).not.toContain('secret');
    }
    expect(texts[0]).not.toBe(texts[1]);
  });

  it('wait where there is no certificate, or one that cannot be encrypted to, and go to all others', () => {
    const sealed = source();
    const unusable = ca.issue({ address: 'a@example.org', algorithm: 'ed25519', use: 'sign' }).certificate;
    for (const certificate of [undefined, unusable])
      expect(sealed.copyFor(recipient(certificate))).toEqual({
        status: 'waits',
        code: 'certificate-missing',
      });
    const good = ca.issue({ address: 'a@example.org' }).certificate;
    expect(sealed.copyFor(recipient(good)).status).toBe('copy');
  });
});
