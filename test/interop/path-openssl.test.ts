import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificateList } from '../../src/pki/crl.ts';
import { oids } from '../../src/pki/oid.ts';
import { type PathInput, type Purpose, validatePath } from '../../src/pki/path.ts';
import { formatPem } from '../../src/pki/pem.ts';
import { hasProgram, requireProgram } from '../kit/programs.ts';
import { pathDifferences } from './path-differences.ts';
import { makeRandom, makeRandomChain, type RandomChain } from './random-chains.ts';

const nowMs = Math.floor(Date.now() / 1000) * 1000;
const chainsPerRun = Number(process.env.SSYMPA_RANDOM_CHAINS ?? 120);
const seed = Number(process.env.SSYMPA_RANDOM_SEED ?? 1);

/** One way of asking, for us and for openssl. */
interface Question {
  readonly name: string;
  readonly purpose: Purpose;
  readonly withCrls: boolean;
  readonly input: Partial<PathInput>;
  readonly args: readonly string[];
}

const first = '1.3.6.1.4.1.9.1';
// Without a policy openssl takes the set of the user for empty, where RFC 5280 means any.
const { anyPolicy } = oids;
const questions: readonly Question[] = [
  { name: 'any purpose', purpose: 'any', withCrls: false, input: {}, args: ['-policy', anyPolicy] },
  {
    name: 'signing',
    purpose: 'smimesign',
    withCrls: false,
    input: {},
    args: ['-policy', anyPolicy, '-purpose', 'smimesign'],
  },
  {
    name: 'clients',
    purpose: 'clientauth',
    withCrls: false,
    input: {},
    args: ['-policy', anyPolicy, '-purpose', 'sslclient'],
  },
  {
    name: 'an explicit policy',
    purpose: 'any',
    withCrls: false,
    input: { explicitPolicy: true },
    args: ['-policy', anyPolicy, '-explicit_policy'],
  },
  {
    name: 'one policy, no anyPolicy',
    purpose: 'any',
    withCrls: false,
    input: { policies: [first], explicitPolicy: true, inhibitAnyPolicy: true },
    args: ['-policy', first, '-explicit_policy', '-inhibit_any'],
  },
  {
    name: 'one policy, no mapping',
    purpose: 'any',
    withCrls: false,
    input: { policies: [first], explicitPolicy: true, inhibitPolicyMapping: true },
    args: ['-policy', first, '-explicit_policy', '-inhibit_map'],
  },
  {
    name: 'revocation',
    purpose: 'any',
    withCrls: true,
    input: { crlCheck: 'require' },
    args: ['-policy', anyPolicy, '-crl_check_all', '-extended_crl', '-use_deltas'],
  },
];

describe('the differences between us and openssl verify', () => {
  it('are each told in the document, and no others', () => {
    const document = readFileSync(
      resolve(import.meta.dirname, '../../docs/explanation/path-differences.md'),
      'utf8',
    );
    const section = document.slice(document.indexOf('## On random chains'), document.indexOf('## By choice'));
    const headings = [...section.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(pathDifferences.map(({ name }) => name));
  });
});

describe.skipIf(!hasProgram('openssl'))('random chains, beside openssl verify', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-chains-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** What openssl says of every chain, all in one run: their names tell them apart. */
  function askOpenssl(chains: readonly RandomChain[], { args, withCrls }: Question): readonly boolean[] {
    const write = (name: string, label: string, ders: readonly Uint8Array[]): string => {
      const path = join(folder, name);
      writeFileSync(path, ders.map((der) => formatPem(label, der)).join(''));
      return path;
    };
    const roots = write(
      'roots.pem',
      'CERTIFICATE',
      chains.map(({ root }) => root.der),
    );
    const between = write(
      'between.pem',
      'CERTIFICATE',
      chains.flatMap((chain) => chain.between.map(({ der }) => der)),
    );
    const crls = withCrls
      ? [
          '-CRLfile',
          write(
            'crls.pem',
            'X509 CRL',
            chains.flatMap((chain) => [...chain.crls]),
          ),
        ]
      : [];
    const leaves = chains.map(({ leaf }, index) => write(`leaf-${index}.pem`, 'CERTIFICATE', [leaf.der]));
    const time = ['-attime', String(nowMs / 1000)];
    const { stdout } = spawnSync(
      requireProgram('openssl'),
      ['verify', ...time, ...args, '-CAfile', roots, '-untrusted', between, ...crls, ...leaves],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    const good = new Set(
      stdout.split('\n').flatMap((line) => (line.endsWith(': OK') ? [line.slice(0, -4)] : [])),
    );
    return leaves.map((leaf) => good.has(leaf));
  }

  it.each(
    questions.map((question, index) => [question.name, question, index] as const),
  )('get the same answer for %s, but for the differences that are explained', (_name, question, index) => {
    const random = makeRandom(seed * 1000 + index);
    const options = { nowMs, withCrls: question.withCrls };
    const chains = Array.from({ length: chainsPerRun }, (_, n) => makeRandomChain(random, n, options));
    const theirs = askOpenssl(chains, question);
    const unexplained = chains.flatMap((chain, n) => {
      const verdict = validatePath({
        certificate: chain.leaf,
        untrusted: chain.between,
        trustAnchors: [chain.root],
        crls: chain.crls.map(parseCertificateList),
        crlCheck: 'off',
        atMs: nowMs,
        purpose: question.purpose,
        ...question.input,
      });
      const ours = verdict.status === 'valid';
      if (ours === theirs[n]) return [];
      const who = ours ? 'we' : 'openssl';
      const isExplained = pathDifferences.some(
        (difference) =>
          difference.accepts === who &&
          (difference.question === undefined || difference.question === question.name) &&
          difference.features.every((feature) => chain.features.has(feature)),
      );
      if (isExplained) return [];
      return [{ chain: n, accepts: who, code: ours ? null : verdict.code, features: [...chain.features] }];
    });
    expect(unexplained).toEqual([]);
    // A comparison in which one side says nothing but yes or no would prove nothing.
    const accepted = theirs.filter(Boolean).length;
    expect(accepted).toBeGreaterThan(chains.length / 50);
    expect(accepted).toBeLessThan(chains.length);
  });
});
