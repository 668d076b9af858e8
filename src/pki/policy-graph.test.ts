import { describe, expect, it } from 'vitest';
import { makeKeys, makeTestCa, type TestCa } from '../../test/kit/ca.ts';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import type { ExtensionInput } from './extension-writers.ts';
import { oids } from './oid.ts';
import { type PathInput, validatePath } from './path.ts';

const root = makeTestCa({ name: 'Root' });
const keys = makeKeys('ec-p256');
const [one, two, three] = ['1.3.6.1.4.1.1', '1.3.6.1.4.1.2', '1.3.6.1.4.1.3'] as const;
const { anyPolicy } = oids;

type Options = Pick<PathInput, 'policies' | 'explicitPolicy' | 'inhibitAnyPolicy' | 'inhibitPolicyMapping'>;

/** The outcome for a chain of authorities, each with the given extensions, the last ones for the certificate. */
function outcome(levels: readonly ExtensionInput[], options: Options): string {
  let ca: TestCa = root;
  const untrusted = [];
  for (const [level, extensions] of levels.slice(0, -1).entries()) {
    ca = ca.subCa({ name: `Sub ${level}`, extensions });
    untrusted.push(ca.certificate);
  }
  const { certificate } = ca.issue({ keys, algorithm: 'ec-p256', extensions: levels.at(-1)! });
  const input = {
    certificate,
    untrusted,
    trustAnchors: [root.certificate],
    atMs: root.nowMs,
    purpose: 'any',
  } as const;
  const verdict = validatePath({ ...input, ...options });
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

function policies(...certificatePolicies: readonly string[]): ExtensionInput {
  return { certificatePolicies };
}

function map(from: string, to: string): ExtensionInput {
  return { policyMappings: [{ issuerDomainPolicy: from, subjectDomainPolicy: to }] };
}

const explicit = { explicitPolicy: true };

describe('certificate policies', () => {
  it.each<[string, readonly ExtensionInput[], Options, string]>([
    ['are not asked for by default', [policies(one), {}], {}, 'valid'],
    ['must be there where they are asked for', [policies(one), {}], explicit, 'no-explicit-policy'],
    ['must be the same along the path', [policies(one), policies(two)], explicit, 'no-explicit-policy'],
    ['may be any along the path', [policies(one, two), policies(two, three)], explicit, 'valid'],
    [
      'must be those of the user',
      [policies(one), policies(one)],
      { ...explicit, policies: [two] },
      'no-explicit-policy',
    ],
    [
      'may be one of several of the user',
      [policies(one), policies(one)],
      { ...explicit, policies: [two, one] },
      'valid',
    ],
    [
      'of the user do not count where none is asked for',
      [policies(one), policies(one)],
      { policies: [two] },
      'valid',
    ],
    [
      'stand for all in anyPolicy',
      [policies(anyPolicy), policies(one)],
      { ...explicit, policies: [one] },
      'valid',
    ],
    [
      'stand for all at the end as well',
      [policies(one), policies(anyPolicy)],
      { ...explicit, policies: [one] },
      'valid',
    ],
    [
      'do not when anyPolicy is forbidden',
      [policies(anyPolicy), policies(one)],
      { ...explicit, inhibitAnyPolicy: true },
      'no-explicit-policy',
    ],
    [
      'are asked for by an authority',
      [{ ...policies(one), policyConstraints: { requireExplicitPolicy: 0 } }, {}],
      {},
      'no-explicit-policy',
    ],
    [
      'are asked for by the certificate itself',
      [policies(one), { policyConstraints: { requireExplicitPolicy: 0 } }],
      {},
      'no-explicit-policy',
    ],
    [
      'are asked for from some authority on',
      [{ ...policies(one), policyConstraints: { requireExplicitPolicy: 3 } }, policies(one), {}],
      {},
      'valid',
    ],
    [
      'are mapped',
      [{ ...policies(one), ...map(one, two) }, policies(two)],
      { ...explicit, policies: [one] },
      'valid',
    ],
    [
      'are those of the user before they are mapped',
      [{ ...policies(one), ...map(one, two) }, policies(two)],
      { ...explicit, policies: [two] },
      'no-explicit-policy',
    ],
    [
      'are gone where mapping is forbidden',
      [{ ...policies(one), ...map(one, two) }, policies(two)],
      { ...explicit, inhibitPolicyMapping: true },
      'no-explicit-policy',
    ],
    [
      'are gone where an authority forbids mapping',
      [
        { ...policies(one), policyConstraints: { inhibitPolicyMapping: 0 } },
        { ...policies(one), ...map(one, two) },
        policies(two),
      ],
      explicit,
      'no-explicit-policy',
    ],
    [
      'are mapped out of anyPolicy',
      [{ ...policies(anyPolicy), ...map(one, two) }, policies(two)],
      { ...explicit, policies: [one] },
      'valid',
    ],
    [
      'are never mapped to anyPolicy',
      [{ ...policies(one), ...map(one, anyPolicy) }, policies(one)],
      {},
      'invalid-policy-mapping',
    ],
    [
      'are never mapped from anyPolicy',
      [{ ...policies(one), ...map(anyPolicy, one) }, policies(one)],
      {},
      'invalid-policy-mapping',
    ],
    [
      'stand for all no longer where an authority says so',
      [{ ...policies(one), inhibitAnyPolicy: 0 }, policies(anyPolicy)],
      explicit,
      'no-explicit-policy',
    ],
    [
      'stand for all at one more authority',
      [{ ...policies(one), inhibitAnyPolicy: 1 }, policies(anyPolicy), policies(one)],
      explicit,
      'valid',
    ],
  ])('%s', (_what, levels, options, expected) => {
    expect(outcome(levels, options)).toBe(expected);
  });

  it('do not grow without bound when every authority maps each to each (RFC 9618)', () => {
    const ids = Array.from({ length: 32 }, (_, n) => `1.3.6.1.4.1.9.${n}`);
    const policyMappings = ids.flatMap((issuerDomainPolicy) =>
      ids.map((subjectDomainPolicy) => ({ issuerDomainPolicy, subjectDomainPolicy })),
    );
    const levels = Array.from({ length: 12 }, () => ({ ...policies(...ids), policyMappings }));
    const started = cpuNow();
    expect(outcome([...levels, policies(...ids)], { ...explicit, policies: [ids[0]!] })).toBe('valid');
    expect(outcome([...levels, policies(one)], { ...explicit, policies: [ids[0]!] })).toBe(
      'no-explicit-policy',
    );
    expect(cpuNow() - started).toBeLessThan(10_000);
  });
});
