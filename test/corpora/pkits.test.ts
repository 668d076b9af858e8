import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyBytes, decodedBody, type Entity, parseEntity } from '../../src/mime/entity.ts';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { type CertificateList, parseCertificateList } from '../../src/pki/crl.ts';
import { isContext, readAsn1, sameBytes } from '../../src/pki/der.ts';
import { PkiError } from '../../src/pki/error.ts';
import { type PathInput, validatePath } from '../../src/pki/path.ts';
import { formatPem } from '../../src/pki/pem.ts';
import { runCli } from '../kit/cli.ts';
import { corpusFolder } from '../kit/corpora.ts';
import { answerTo, unaskedRows } from './pki-differences.ts';

interface Case {
  readonly id: string;
  readonly title: string;
  readonly cert: string;
  readonly smime: string;
  readonly smime2001: string;
  readonly initial: {
    readonly userInitialPolicySet: readonly string[];
    readonly explicitPolicy: boolean;
    readonly inhibitPolicyMapping: boolean;
    readonly inhibitAnyPolicy: boolean;
  };
  readonly verdict: 'valid' | 'invalid';
  readonly optional?: boolean;
}

const folder = corpusFolder('pkits');
const atMs = Date.parse('2023-11-14T22:13:20Z');
const at2001Ms = Date.parse('2010-12-10T00:29:32Z');

const expectations = folder && JSON.parse(readFileSync(join(folder, 'expectations.json'), 'utf8'));
const cases: readonly Case[] = expectations?.cases ?? [];

function file(path: string): Uint8Array {
  return readFileSync(join(folder!, path));
}

function files(path: string): readonly Uint8Array[] {
  return readdirSync(join(folder!, path)).map((name) => file(join(path, name)));
}

function policiesOf({ initial }: Case): readonly string[] {
  return initial.userInitialPolicySet.includes('anyPolicy') ? [] : initial.userInitialPolicySet;
}

function inputOf(
  each: Case,
  parts: Pick<PathInput, 'certificate' | 'untrusted' | 'trustAnchors' | 'crls'>,
): PathInput {
  const { explicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = each.initial;
  const policies = policiesOf(each);
  return {
    ...parts,
    crlCheck: 'require',
    atMs,
    purpose: 'smimesign',
    policies,
    explicitPolicy,
    inhibitPolicyMapping,
    inhibitAnyPolicy,
  };
}

/** `valid`, or the code where we are known to differ, else `invalid`. */
function outcomeOf(input: PathInput, expected: string): string {
  const verdict = validatePath(input);
  if (verdict.status === 'valid') return 'valid';
  return verdict.code === expected ? expected : 'invalid';
}

describe.skipIf(folder === undefined)('PKITS', () => {
  let certificates: readonly Certificate[];
  let crls: readonly CertificateList[];
  let anchors: readonly Certificate[];
  let work: string;

  beforeAll(() => {
    certificates = files('certs').map(parseCertificate);
    crls = files('crls').map(parseCertificateList);
    anchors = [parseCertificate(file('certs/TrustAnchorRootCertificate.crt'))];
    work = mkdtempSync(join(tmpdir(), 'ssympa-pkits-'));
    writeFileSync(
      join(work, 'all.pem'),
      certificates.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
    );
    writeFileSync(join(work, 'crls.pem'), crls.map(({ der }) => formatPem('X509 CRL', der)).join(''));
  });

  afterAll(() => rmSync(work, { recursive: true }));

  it('has every case that the corpus lists', () => {
    expect(cases.length).toBeGreaterThan(100);
  });

  it.each(cases.map((each) => [each.id, each.title, each] as const))('%s %s', (id, _title, each) => {
    const expected = answerTo(`pkits/${id}`, each.verdict);
    const certificate = parseCertificate(file(each.cert));
    const input = inputOf(each, { certificate, untrusted: certificates, trustAnchors: anchors, crls });
    expect(outcomeOf(input, expected)).toBe(expected);
  });

  it.each(
    cases.map((each) => [each.id, each.title, each] as const),
  )('%s %s, by the program', async (id, _title, each) => {
    const { explicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = each.initial;
    const result = await runCli([
      ...[
        'certificate',
        'check',
        join(folder!, each.cert),
        '--json',
        '--crl-check',
        '--at',
        '2023-11-14T22:13:20Z',
      ],
      ...['--cafile', join(folder!, 'certs/TrustAnchorRootCertificate.crt')],
      ...['--untrusted', join(work, 'all.pem'), '--crl', join(work, 'crls.pem')],
      ...policiesOf(each).flatMap((policy) => ['--policy', policy]),
      ...(explicitPolicy ? ['--explicit-policy'] : []),
      ...(inhibitPolicyMapping ? ['--inhibit-policy-mapping'] : []),
      ...(inhibitAnyPolicy ? ['--inhibit-any-policy'] : []),
    ]);
    const status = answerTo(`pkits/${id}`, each.verdict) === 'valid' ? 'valid' : 'invalid';
    expect(JSON.parse(result.stdout)).toMatchObject({ status });
    expect(result.code).toBe(status === 'valid' ? 0 : 1);
  });

  it.each(
    cases.map((each) => [each.id, each.title, each] as const),
  )('%s %s, with what its message carries', (id, _title, each) => {
    const expected = answerTo(`pkits/${id}`, each.verdict);
    const carried = carriedBy(signatureOf(parseEntity(file(each.smime))));
    const certificate = parseCertificate(file(each.cert));
    const input = inputOf(each, {
      certificate,
      untrusted: carried.certificates,
      trustAnchors: anchors,
      crls: carried.crls,
    });
    expect(outcomeOf(input, expected)).toBe(expected);
  });

  it.each(
    cases.map((each) => [each.id, each.title, each] as const),
  )('%s %s, in the messages of 2001, where their keys and hashes are allowed', (id, _title, each) => {
    // Keys and hashes are no difference here; one that is left is of another kind.
    const expected = id === '4.14.30' ? answerTo(`pkits/${id}`, each.verdict) : each.verdict;
    const cms = decodedBody(parseEntity(file(each.smime2001)));
    const carried = carriedBy(cms);
    const certificate = signerOf(cms, carried.certificates);
    const trustAnchors = [parseCertificate(file('smime-2001/TrustAnchorRootCertificate-2001.crt'))];
    const input = inputOf(each, {
      certificate,
      untrusted: carried.certificates,
      trustAnchors,
      crls: carried.crls,
    });
    expect(outcomeOf({ ...input, atMs: at2001Ms, legacy: true }, expected)).toBe(expected);
    if (each.verdict === 'valid') {
      expect(outcomeOf({ ...input, atMs: at2001Ms }, 'weak')).toBe('invalid');
    }
  });

  it('differs nowhere else', () => {
    expect(unaskedRows('pkits')).toEqual([]);
  });
});

/** The signature of a multipart/signed entity. */
function signatureOf(entity: Entity): Uint8Array {
  const part = entity.children[1];
  if (part === undefined) throw new Error('no multipart/signed');
  expect(bodyBytes(part).length).toBeGreaterThan(0);
  return decodedBody(part);
}

/** Certificates and CRLs of a SignedData, RFC 5652 §5.1, read with the reader of certificates alone. */
function carriedBy(cms: Uint8Array) {
  const signedData = readAsn1(cms, { allowTrailing: true }).children[1]!.children[0]!;
  const members = (tag: number) =>
    signedData.children.find((member) => isContext(member, tag))?.children ?? [];
  return {
    certificates: members(0).flatMap(({ raw }) => readable(() => parseCertificate(raw))),
    crls: members(1).flatMap(({ raw }) => readable(() => parseCertificateList(raw))),
  };
}

function readable<T>(read: () => T): readonly T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

/** The certificate that the first SignerInfo names by issuer and serial number, RFC 5652 §5.3. */
function signerOf(cms: Uint8Array, certificates: readonly Certificate[]): Certificate {
  const signedData = readAsn1(cms, { allowTrailing: true }).children[1]!.children[0]!;
  const [issuer, serial] = signedData.children.at(-1)!.children[0]!.children[1]!.children;
  const signer = certificates.find(
    (each) => sameBytes(each.issuer.der, issuer!.raw) && sameBytes(each.serialNumber, serial!.content),
  );
  if (signer === undefined) throw new Error('the message does not carry its signer');
  return signer;
}
