/** Random chains of certificates for the comparison with another validator; the same seed gives the same shapes. */
import type { Certificate } from '../../src/pki/certificate.ts';
import { derNull } from '../../src/pki/der.ts';
import type { ExtensionInput, GeneralNameInput } from '../../src/pki/extension-writers.ts';
import type { KeyUsageBit } from '../../src/pki/key-usage.ts';
import { makeName } from '../../src/pki/name.ts';
import { oids } from '../../src/pki/oid.ts';
import { type KeyPair, makeKeys, makeTestCa, type TestCa, type TestCaOptions } from '../kit/ca.ts';

/** A chain, and what is remarkable about it. */
export interface RandomChain {
  readonly leaf: Certificate;
  readonly root: Certificate;
  readonly between: readonly Certificate[];
  readonly crls: readonly Uint8Array[];
  /** Words by which a difference may be explained. */
  readonly features: ReadonlySet<string>;
}

/** A source of numbers from 0 to 1 that the seed decides. */
export type Random = () => number;

/** Makes a source of numbers: a linear congruence, its high bits mixed. */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32;
  };
}

const policies = ['1.3.6.1.4.1.9.1', '1.3.6.1.4.1.9.2', '1.3.6.1.4.1.9.3', oids.anyPolicy] as const;
const domains = ['example.org', 'lists.example.org', 'example.net', '.example.org'] as const;
const mailDomains = ['example.org', 'lists.example.org', 'example.net'] as const;
const caUsages: readonly (readonly KeyUsageBit[])[] = [['cRLSign'], ['digitalSignature'], ['keyCertSign']];
const leafUsages: readonly (readonly KeyUsageBit[])[] = [
  ['keyEncipherment'],
  ['keyAgreement'],
  ['nonRepudiation'],
  ['digitalSignature', 'keyEncipherment'],
  ['keyCertSign'],
];
const extendedUsages: readonly (readonly string[])[] = [
  [oids.serverAuth],
  [oids.clientAuth, oids.serverAuth],
  [oids.emailProtection, oids.clientAuth],
  [oids.anyExtendedKeyUsage],
];

/** How often each oddity happens. */
export interface ChainOptions {
  readonly nowMs: number;
  /** Gives every authority a CRL, with oddities of their own. */
  readonly withCrls: boolean;
}

/** Keys are reused between chains: nothing here depends on them, and names tell the chains apart. */
const pairs: readonly KeyPair[] = Array.from({ length: 12 }, () => makeKeys('ec-p256'));

/** Makes one chain of a root, up to three authorities and an end entity. */
export function makeRandomChain(random: Random, index: number, options: ChainOptions): RandomChain {
  return new ChainMaker(random, index, options).make();
}

const dayMs = 86_400_000;

class ChainMaker {
  readonly #random: Random;
  readonly #index: number;
  readonly #options: ChainOptions;
  readonly #features = new Set<string>();
  readonly #crls: Uint8Array[] = [];

  constructor(random: Random, index: number, options: ChainOptions) {
    this.#random = random;
    this.#index = index;
    this.#options = options;
  }

  make(): RandomChain {
    const cas = this.#authorities();
    const issuer = cas.at(-1)!;
    const { certificate: leaf } = issuer.issue({
      keys: pairs.at(-1)!,
      algorithm: 'ec-p256',
      address: `a${this.#index}@${this.#pick(mailDomains)}`,
      ...this.#times(),
      ...(this.#chance(0.12) && { keyUsage: this.#pick(leafUsages) }),
      ...(this.#chance(0.2) && { eku: this.#mark('leaf-eku', this.#pick([...extendedUsages, []])) }),
      extensions: this.#common(false),
    });
    this.#markExtendedUsages([...cas.map(({ certificate }) => certificate), leaf]);
    if (this.#options.withCrls) this.#makeCrls(cas, leaf);
    return {
      leaf,
      root: cas[0]!.certificate,
      between: cas.slice(1).map(({ certificate }) => certificate),
      crls: this.#crls,
      features: this.#features,
    };
  }

  #authorities(): readonly TestCa[] {
    const { nowMs } = this.#options;
    const name = `C${this.#index} Root`;
    const cas = [
      makeTestCa({ name, nowMs, keys: pairs[0]!, ...(this.#chance(0.1) && { pathLength: this.#below(3) }) }),
    ];
    const count = this.#below(4);
    for (let level = 1; level <= count; level += 1)
      cas.push(cas.at(-1)!.subCa(this.#authority(cas.at(-1)!, level)));
    return cas;
  }

  #authority(parent: TestCa, level: number): TestCaOptions {
    const isSelfIssued = level > 1 && this.#chance(0.12);
    if (isSelfIssued) this.#features.add('self-issued');
    return {
      ...(isSelfIssued ? { subject: parent.name } : { name: `C${this.#index} Sub ${level}` }),
      keys: pairs[level]!,
      ...(this.#chance(0.15) && { pathLength: this.#below(3) }),
      ...this.#times(),
      extensions: {
        ...(this.#chance(0.05) && { basicConstraints: this.#pick([undefined, { ca: false }]) }),
        ...(this.#chance(0.06) && { keyUsage: this.#pick([...caUsages, undefined]) }),
        ...(this.#chance(0.15) && { extendedKeyUsage: this.#pick(extendedUsages) }),
        ...(this.#chance(0.2) && { nameConstraints: this.#nameConstraints() }),
        ...this.#policyMappings(),
        ...this.#common(true),
      },
    };
  }

  #common(isAuthority: boolean): ExtensionInput {
    const count = this.#below(3);
    const certificatePolicies = [...new Set(Array.from({ length: count }, () => this.#pick(policies)))];
    return {
      ...(certificatePolicies.length > 0 && { certificatePolicies }),
      ...(this.#chance(0.05) && { policyConstraints: { requireExplicitPolicy: this.#below(3) } }),
      ...(isAuthority &&
        this.#chance(0.05) && { policyConstraints: { inhibitPolicyMapping: this.#below(2) } }),
      ...(isAuthority && this.#chance(0.08) && { inhibitAnyPolicy: this.#below(3) }),
      ...(this.#chance(0.03) && {
        others: [{ oid: '1.3.6.1.4.1.9.99', critical: this.#chance(0.5), value: derNull() }],
      }),
    };
  }

  #policyMappings(): ExtensionInput {
    if (!this.#chance(0.15)) return {};
    const [issuerDomainPolicy, subjectDomainPolicy] = [
      this.#pick(policies.slice(0, 3)),
      this.#pick(policies.slice(0, 3)),
    ];
    this.#features.add('mapping');
    return { policyMappings: [{ issuerDomainPolicy, subjectDomainPolicy }] };
  }

  #nameConstraints(): NonNullable<ExtensionInput['nameConstraints']> {
    const subtree = (): GeneralNameInput =>
      this.#chance(0.8)
        ? { rfc822Name: this.#pick(domains) }
        : { directoryName: makeName([[oids.commonName, `C${this.#index} Sub ${this.#below(4)}`]]) };
    const list = (): readonly GeneralNameInput[] => Array.from({ length: 1 + this.#below(2) }, subtree);
    const [permitted, excluded] = [this.#chance(0.7), this.#chance(0.5)];
    if (!permitted && !excluded) return { permitted: list() };
    return { ...(permitted && { permitted: list() }), ...(excluded && { excluded: list() }) };
  }

  #times(): { readonly notBeforeMs?: number; readonly notAfterMs?: number } {
    const { nowMs } = this.#options;
    if (this.#chance(0.02)) return { notAfterMs: nowMs - dayMs, notBeforeMs: nowMs - 2 * dayMs };
    return this.#chance(0.02) ? { notBeforeMs: nowMs + dayMs } : {};
  }

  #makeCrls(cas: readonly TestCa[], leaf: Certificate): void {
    const { nowMs } = this.#options;
    for (const [level, ca] of cas.entries()) {
      if (this.#chance(0.05)) continue;
      const below = cas[level + 1]?.certificate ?? leaf;
      const isRevoked = this.#chance(0.1);
      const scope = this.#pick([
        undefined,
        undefined,
        undefined,
        { onlyContainsUserCerts: true },
        { onlyContainsCaCerts: true },
        { onlySomeReasons: 0b110 },
      ]);
      if (level === 0 && scope !== undefined && 'onlyContainsUserCerts' in scope)
        this.#features.add('anchor-uncovered');
      this.#crls.push(
        ca.crl({
          crlNumber: 1,
          // Without this pointer openssl does not look at a delta.
          freshestCrl: [{ fullName: [{ uri: 'http://crl.example/delta' }] }],
          revoked: isRevoked ? [below] : [],
          ...(this.#chance(0.05) && { nextUpdateMs: nowMs - 1000, thisUpdateMs: nowMs - dayMs }),
          ...(this.#chance(0.03) && { thisUpdateMs: nowMs + dayMs }),
          ...(scope && { issuingDistributionPoint: scope }),
          ...(this.#chance(0.02) && {
            others: [{ oid: '1.3.6.1.4.1.9.99', critical: true, value: derNull() }],
          }),
        }),
      );
      if (this.#chance(0.1)) {
        const revoked = this.#chance(0.5) ? [below] : [];
        this.#crls.push(
          ca.crl({
            crlNumber: 2,
            deltaCrlIndicator: 1,
            revoked,
            ...(scope && { issuingDistributionPoint: scope }),
          }),
        );
      }
    }
  }

  #markExtendedUsages(certificates: readonly Certificate[]): void {
    if (certificates.some(({ extendedKeyUsage }) => extendedKeyUsage?.includes(oids.anyExtendedKeyUsage))) {
      this.#features.add('any-eku');
    }
    if (certificates.some(({ certificatePolicies }) => certificatePolicies?.includes(oids.anyPolicy))) {
      this.#features.add('any-policy');
    }
  }

  #mark<T>(feature: string, value: T): T {
    this.#features.add(feature);
    return value;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }
}
