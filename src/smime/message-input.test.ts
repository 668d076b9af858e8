import { describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { formatCertsOnly } from '../cms/sign.ts';
import { formatPem } from '../pki/pem.ts';
import { messageFromFile } from './message-input.ts';
import { openMessage } from './open-message.ts';

const der = formatCertsOnly([makeTestCa().certificate]);
const trust = { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' } as const;

function kindOf(file: Uint8Array | string): string {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  return openMessage(messageFromFile(bytes), { identities: [], trust, atMs: 0 }).kind;
}

describe('the message of a file', () => {
  it.each([
    ['DER', der],
    ['PEM', formatPem('CMS', der)],
    ['PEM of the older name', formatPem('PKCS7', der)],
    ['PEM behind words', `Here it is:\n\n${formatPem('CMS', der)}`],
  ])('is made around a bare CMS in %s', (_name, file) => {
    expect(kindOf(file)).toBe('certs-only');
  });

  it('is the file itself where it is one', () => {
    const message = new TextEncoder().encode('Subject: x\n\n-----BEGIN CMS-----\n');
    expect(messageFromFile(message)).toBe(message);
    expect(kindOf(message)).toBe('none');
  });

  it.each([
    ['nothing', ''],
    ['words', 'no header here'],
    ['a certificate', formatPem('CERTIFICATE', makeTestCa().certificate.der)],
    ['a certificate in DER', makeTestCa().certificate.der],
    ['a CMS that is cut off', der.subarray(0, 100)],
    ['PEM without an end', formatPem('CMS', der).slice(0, 100)],
  ])('is none in %s', (_name, file) => {
    expect(() => kindOf(file)).toThrow(expect.objectContaining({ code: 'not-a-message' }));
  });
});
