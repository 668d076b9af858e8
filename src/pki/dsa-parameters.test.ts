import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyPair, makeKeys, makeTestCa, type TestCa, type TestCaOptions } from '../../test/kit/ca.ts';
import { makeAlgorithm } from './algorithm.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { parseCertificateList } from './crl.ts';
import {
  derBitString,
  derInteger,
  derNull,
  derOctetString,
  derSequence,
  readAsn1,
  readInteger,
  readSequence,
} from './der.ts';
import { oids } from './oid.ts';
import { type PathInput, validatePath } from './path.ts';
import { chooseSignature, makeSignature } from './signature.ts';

const nowMs = Date.UTC(2026, 0, 1);

/** Makes another pair of keys over the parameters of one. */
function siblingOf({ privateKey }: KeyPair): KeyPair {
  const [, algorithm] = readSequence(readAsn1(privateKey.export({ format: 'der', type: 'pkcs8' })));
  const [p, , g] = readSequence(readSequence(algorithm)[1]).map((node) => numberOf(readInteger(node)));
  const x = randomBytes(19);
  const key = createPrivateKey({
    key: Buffer.from(derSequence(derInteger(0), algorithm!.raw, derOctetString(derInteger(x)))),
    format: 'der',
    type: 'pkcs8',
  });
  const y = Buffer.from(powerOf(g!, numberOf(x), p!).toString(16).padStart(256, '0'), 'hex');
  const spki = derSequence(algorithm!.raw, derBitString(derInteger(y)));
  return {
    privateKey: key,
    publicKey: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
  };
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function powerOf(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n;
  for (const digit of exponent.toString(2)) {
    power = (power * power) % modulus;
    if (digit === '1') power = (power * base) % modulus;
  }
  return power;
}

/** Signs a certificate again, with a key whose parameters are left out or put by `parameters`. */
function withoutParameters(
  { tbs }: Certificate,
  signingKey: KeyObject,
  parameters?: Uint8Array,
): Certificate {
  const members = readSequence(readAsn1(tbs)).map((member) => member.raw);
  const bits = readSequence(readAsn1(members[6]!))[1]!.raw;
  members[6] = derSequence(makeAlgorithm(oids.dsa, parameters).raw, bits);
  const { scheme, algorithm } = chooseSignature(signingKey);
  const again = derSequence(...members);
  return parseCertificate(
    derSequence(again, algorithm.raw, derBitString(makeSignature(scheme, signingKey, again))),
  );
}

describe('a DSA key without parameters', () => {
  let root: TestCa;
  let middle: TestCa;
  let inheriting: Certificate;

  /** An authority below the root whose key has the parameters of the root. */
  const below = (parent: TestCa, options: TestCaOptions = {}) =>
    parent.subCa({ name: 'Heir', keys: siblingOf(root), ...options });

  const verdictOn = (
    certificate: Certificate,
    untrusted: readonly Certificate[],
    more: Partial<PathInput> = {},
  ) =>
    validatePath({
      certificate,
      untrusted,
      trustAnchors: [root.certificate],
      atMs: nowMs,
      purpose: 'smimesign',
      legacy: true,
      ...more,
    });
  const leafOf = (ca: TestCa) => ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' }).certificate;

  beforeAll(() => {
    root = makeTestCa({ nowMs, name: 'DSA', algorithm: 'dsa-1024' });
    middle = below(root);
    inheriting = withoutParameters(middle.certificate, root.privateKey);
  });

  it('inherits those of its issuer', () => {
    const leaf = leafOf(middle);
    const verdict = verdictOn(leaf, [inheriting]);
    expect(verdict.status).toBe('valid');
    expect(verdict.path).toEqual([leaf, inheriting, root.certificate]);
  });

  it('inherits them where NULL stands in their place, and from an issuer that inherits itself', () => {
    const asNull = withoutParameters(middle.certificate, root.privateKey, derNull());
    const last = below(middle, { name: 'Heir of an heir' });
    const inheritingLast = withoutParameters(last.certificate, middle.privateKey);
    expect(verdictOn(leafOf(last), [inheritingLast, asNull]).status).toBe('valid');
  });

  it('does not make a wrong signature right', () => {
    const stranger = below(root, { keys: siblingOf(root) });
    expect(verdictOn(leafOf(stranger), [inheriting])).toMatchObject({
      status: 'invalid',
      code: 'bad-certificate-signature',
    });
  });

  it('is not accepted but for old mail', () => {
    expect(verdictOn(leafOf(middle), [inheriting], { legacy: false })).toMatchObject({
      status: 'invalid',
      code: 'weak-key',
    });
  });

  it('also signs lists, and revokes by them', () => {
    const leaf = leafOf(middle);
    const crlsWith = (revoked: readonly Certificate[]) =>
      [root.crl(), middle.crl({ revoked })].map((der) => parseCertificateList(der));
    const check = (crls: PathInput['crls']) =>
      verdictOn(leaf, [inheriting], { ...(crls && { crls }), crlCheck: 'require' });
    expect(check(crlsWith([])).status).toBe('valid');
    expect(check(crlsWith([leaf]))).toMatchObject({ code: 'revoked' });
    const wrong = below(root, { keys: siblingOf(root) }).crl();
    expect(check([root.crl(), wrong].map((der) => parseCertificateList(der)))).toMatchObject({
      code: 'bad-crl-signature',
    });
  });

  it('is no key where its issuer has other keys than DSA', () => {
    const rsa = makeTestCa({ nowMs, name: 'RSA', algorithm: 'rsa-2048' });
    const heir = rsa.subCa({ name: 'Heir', keys: siblingOf(root) });
    const certificate = withoutParameters(heir.certificate, rsa.privateKey);
    const verdict = verdictOn(leafOf(heir), [certificate], { trustAnchors: [rsa.certificate] });
    expect(verdict).toMatchObject({
      code: 'bad-key',
      certificate,
      reason:
        'The key of a certificate cannot be read (a DSA key has no parameters, and its issuer has none to inherit).',
    });
  });

  it('is no key of an anchor, which inherits from nobody', () => {
    const anchor = withoutParameters(root.certificate, root.privateKey);
    expect(verdictOn(leafOf(root), [], { trustAnchors: [anchor] })).toMatchObject({
      code: 'bad-key',
      certificate: anchor,
    });
  });

  it('of the certificate itself is whole as well, or the path is not valid', () => {
    const own = root.issue({ address: 'bob@example.org', keys: siblingOf(root), algorithm: 'dsa-1024' });
    expect(verdictOn(withoutParameters(own.certificate, root.privateKey), []).status).toBe('valid');
    const ec = makeTestCa({ nowMs, name: 'EC' });
    const other = ec.issue({ address: 'bob@example.org', keys: siblingOf(root), algorithm: 'dsa-1024' });
    const bare = withoutParameters(other.certificate, ec.privateKey);
    expect(verdictOn(bare, [], { trustAnchors: [ec.certificate] })).toMatchObject({ code: 'bad-key' });
  });

  it('works with the parameters of each path that it stands on', () => {
    const otherRoot = makeTestCa({ nowMs, name: 'DSA', keys: makeKeys('dsa-1024') });
    const leaf = leafOf(middle);
    const underOther = withoutParameters(
      below(otherRoot, { keys: middle }).certificate,
      otherRoot.privateKey,
    );
    const trustAnchors = [otherRoot.certificate, root.certificate];
    expect(verdictOn(leaf, [underOther], { trustAnchors })).toMatchObject({
      code: 'bad-certificate-signature',
    });
    expect(verdictOn(leaf, [underOther, inheriting], { trustAnchors }).status).toBe('valid');
  });
});
