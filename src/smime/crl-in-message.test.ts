import { describe, expect, it } from 'vitest';
import { makeTestCa, type TestCrlOptions } from '../../test/kit/ca.ts';
import { forgeSigned } from '../../test/kit/forge-cms.ts';
import { parseCertificateList } from '../pki/crl.ts';
import { openMessage } from './open-message.ts';

const ca = makeTestCa();
const alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
const hour = 3_600_000;
const list = (hours: number, more: TestCrlOptions = {}) =>
  ca.crl({ thisUpdateMs: ca.nowMs + hours * hour, nextUpdateMs: ca.nowMs + 24 * hour, ...more });
const revoked = { revoked: [alice] };

/** Judges a message of alice that carries some lists, by others that are at hand. */
function judge(inMail: readonly Uint8Array[], atHand: readonly Uint8Array[]) {
  const content = Buffer.from('Content-Type: text/plain\r\n\r\nHello\r\n');
  const cms = forgeSigned({ signer: alice, content, crls: inMail });
  const head = [
    'From: alice@example.org',
    'MIME-Version: 1.0',
    'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m',
    'Content-Transfer-Encoding: base64',
    '',
    '',
  ].join('\r\n');
  const body = Buffer.from(cms).toString('base64').replaceAll(/.{64}/g, '$&\r\n');
  const { signature, authenticationMethod, signers } = openMessage(Buffer.from(`${head}${body}\r\n`), {
    identities: [],
    trust: {
      trustAnchors: [ca.certificate],
      untrusted: [],
      crls: atHand.map((der) => parseCertificateList(der)),
      crlCheck: 'present',
    },
    atMs: ca.nowMs,
  });
  return [signature.status === 'valid', authenticationMethod, signers[0]?.code];
}

const good = [true, 'smime', null];
const refused = [false, 'smtp', 'revoked'];

// RFC 8550 §2.2
describe('a revocation list that a message carries', () => {
  it('counts: one that names its signer makes the signature worthless', () => {
    expect(judge([], [])).toEqual(good);
    expect(judge([list(-1)], [])).toEqual(good);
    expect(judge([list(-1, revoked)], [])).toEqual(refused);
  });

  it('stands in for no newer one at hand, though it is still in time: who is revoked there stays so', () => {
    const newer = list(-1, revoked);
    expect(judge([], [newer])).toEqual(refused);
    expect(judge([list(-2)], [newer])).toEqual(refused);
    expect(judge([list(-1)], [newer])).toEqual(refused);
    expect(judge([list(-3), list(-2)], [list(-4), newer])).toEqual(refused);
  });

  it('that is newer says more than the one at hand', () => {
    expect(judge([list(-1, revoked)], [list(-2)])).toEqual(refused);
    expect(judge([list(-1)], [list(-2, { revoked: [ca.certificate] })])).toEqual(good);
  });
});
