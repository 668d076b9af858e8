import { expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { parseAs } from '../../test/kit/forge-cms.ts';
import { formatCertsOnly, signContent } from '../cms/sign.ts';
import { judgeSignedData } from './signed-layer.ts';

const ca = makeTestCa();
const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'off' } as const;

function judge(cms: Uint8Array, content: Uint8Array | undefined) {
  const signedData = parseAs('signed', cms);
  return judgeSignedData(
    signedData,
    { form: 'opaque', content, fault: undefined },
    { trust, atMs: ca.nowMs },
  );
}

it('names no digest and no verdict where nobody signed', () => {
  const layer = judge(formatCertsOnly([ca.certificate]), undefined);
  expect(layer).toMatchObject({ digestAlgorithm: null, signers: [], verdict: { status: 'none' } });
});

it('says nothing more of a signature that is valid', () => {
  const content = Buffer.from('Content-Type: text/plain\r\n\r\nwords\r\n');
  const signer = { ...ca.issue({ address: 'alice@example.org' }), chain: [] };
  const { verdict } = judge(signContent({ content, detached: false, signer, atMs: ca.nowMs }), content);
  expect(verdict).toEqual({ status: 'valid', code: null, reason: null });
});

it('takes capabilities and a key preference from a valid signer only', () => {
  const content = Buffer.from('Content-Type: text/plain\r\n\r\nwords\r\n');
  const sign = (signer: ReturnType<typeof ca.issue>) =>
    signContent({ content, detached: false, signer: { ...signer, chain: [] }, atMs: ca.nowMs });
  const [valid] = judge(sign(ca.issue({ address: 'alice@example.org' })), content).signers;
  expect(valid).toMatchObject({ status: 'valid', capabilities: expect.any(Array) });
  const stranger = makeTestCa({ name: 'Unknown CA' }).issue({ address: 'alice@example.org' });
  const [untrusted] = judge(sign(stranger), content).signers;
  expect(untrusted).toMatchObject({ status: 'untrusted' });
  expect(untrusted?.capabilities).toBeUndefined();
  expect(untrusted?.encryptionKeyPreference).toBeUndefined();
});

it('calls a signer invalid whose layer has a fault, however good the signature', () => {
  const content = Buffer.from('Content-Type: text/plain\r\n\r\nwords\r\n');
  const signer = { ...ca.issue({ address: 'alice@example.org' }), chain: [] };
  const eContentType = '1.2.840.113549.1.9.16.1.4';
  const layer = judge(
    signContent({ content, detached: false, signer, atMs: ca.nowMs, eContentType }),
    content,
  );
  expect(layer.signers).toMatchObject([{ status: 'invalid', code: 'not-mail-content' }]);
  expect(layer.verdict).toMatchObject({ status: 'invalid', code: 'not-mail-content' });
});
