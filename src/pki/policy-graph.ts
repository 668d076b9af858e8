import type { Certificate } from './certificate.ts';
import { isSelfIssued } from './certificate.ts';
import { oids } from './oid.ts';
import { type PathFault, pathFault } from './path-codes.ts';

/** What a caller asks of certificate policies, RFC 5280 §6.1.1. */
export interface PolicyInput {
  /** The user-initial-policy-set; undefined for any policy. */
  readonly policies: ReadonlySet<string> | undefined;
  readonly explicitPolicy: boolean;
  readonly inhibitPolicyMapping: boolean;
  readonly inhibitAnyPolicy: boolean;
}

interface PolicyNode {
  readonly policy: string;
  expected: ReadonlySet<string>;
  readonly parents: readonly PolicyNode[];
}

type Level = Map<string, PolicyNode>;

const { anyPolicy } = oids;

/**
 * Processes the certificate policies of a path: RFC 5280 §6.1, with the graph of RFC 9618 in place of the tree, which
 * could grow without bound.
 *
 * @param path from the certificate below the anchor to the one that is validated
 * @returns a fault, or undefined when the policies are in order
 */
export function checkPolicies(path: readonly Certificate[], input: PolicyInput): PathFault | undefined {
  const state = new PolicyState(path.length, input);
  for (const [index, certificate] of path.entries()) {
    const isLast = index === path.length - 1;
    state.enter(certificate, isLast);
    if (!state.isAcceptable()) return pathFault('no-explicit-policy', certificate);
    if (isLast) return state.finish(certificate) ? undefined : pathFault('no-explicit-policy', certificate);
    if (mapsAnyPolicy(certificate)) return pathFault('invalid-policy-mapping', certificate);
    state.prepareNext(certificate);
  }
  return undefined;
}

// RFC 5280 §6.1.4 (a).
function mapsAnyPolicy(certificate: Certificate): boolean {
  const mappings = certificate.policyMappings ?? [];
  return mappings.some(
    (each) => each.issuerDomainPolicy === anyPolicy || each.subjectDomainPolicy === anyPolicy,
  );
}

class PolicyState {
  /** The levels that were made; undefined is the empty graph. */
  #levels: Level[] | undefined;
  #explicitPolicy: number;
  #policyMapping: number;
  #inhibitAnyPolicy: number;
  readonly #userPolicies: ReadonlySet<string> | undefined;

  constructor(length: number, input: PolicyInput) {
    const root: PolicyNode = { policy: anyPolicy, expected: new Set([anyPolicy]), parents: [] };
    this.#levels = [new Map([[anyPolicy, root]])];
    // RFC 5280 §6.1.2 (d) to (f).
    this.#explicitPolicy = input.explicitPolicy ? 0 : length + 1;
    this.#policyMapping = input.inhibitPolicyMapping ? 0 : length + 1;
    this.#inhibitAnyPolicy = input.inhibitAnyPolicy ? 0 : length + 1;
    this.#userPolicies = input.policies;
  }

  /** RFC 5280 §6.1.3 (d) and (e). */
  enter(certificate: Certificate, isLast: boolean): void {
    const { certificatePolicies } = certificate;
    if (certificatePolicies === undefined) this.#levels = undefined;
    if (this.#levels === undefined || certificatePolicies === undefined) return;
    const above = this.#levels.at(-1)!;
    const level: Level = new Map();
    for (const policy of certificatePolicies) if (policy !== anyPolicy) addStated(level, above, policy);
    const anyAllowed = this.#inhibitAnyPolicy > 0 || (!isLast && isSelfIssued(certificate));
    if (certificatePolicies.includes(anyPolicy) && anyAllowed) addExpected(level, above);
    this.#levels.push(level);
    this.#prune();
  }

  /** RFC 5280 §6.1.3 (f). */
  isAcceptable(): boolean {
    return this.#explicitPolicy > 0 || this.#levels !== undefined;
  }

  /** RFC 5280 §6.1.4 (b), (h), (i), (j). */
  prepareNext(certificate: Certificate): void {
    this.#map(certificate);
    if (!isSelfIssued(certificate)) {
      this.#explicitPolicy = Math.max(this.#explicitPolicy - 1, 0);
      this.#policyMapping = Math.max(this.#policyMapping - 1, 0);
      this.#inhibitAnyPolicy = Math.max(this.#inhibitAnyPolicy - 1, 0);
    }
    const { policyConstraints, inhibitAnyPolicy } = certificate;
    this.#explicitPolicy = Math.min(
      this.#explicitPolicy,
      policyConstraints?.requireExplicitPolicy ?? Infinity,
    );
    this.#policyMapping = Math.min(this.#policyMapping, policyConstraints?.inhibitPolicyMapping ?? Infinity);
    this.#inhibitAnyPolicy = Math.min(this.#inhibitAnyPolicy, inhibitAnyPolicy ?? Infinity);
  }

  /** RFC 5280 §6.1.5 (a), (b), (g): tells whether the policies of the path are acceptable. */
  finish(certificate: Certificate): boolean {
    this.#explicitPolicy = Math.max(this.#explicitPolicy - 1, 0);
    if (certificate.policyConstraints?.requireExplicitPolicy === 0) this.#explicitPolicy = 0;
    return this.#explicitPolicy > 0 || this.#holdsUserPolicy();
  }

  /** RFC 5280 §6.1.4 (b). */
  #map(certificate: Certificate): void {
    const level = this.#levels?.at(-1);
    if (level === undefined || certificate.policyMappings === undefined) return;
    const targets = new Map<string, Set<string>>();
    for (const { issuerDomainPolicy, subjectDomainPolicy } of certificate.policyMappings) {
      const set = targets.get(issuerDomainPolicy) ?? new Set();
      targets.set(issuerDomainPolicy, set.add(subjectDomainPolicy));
    }
    for (const [policy, expected] of targets) {
      const node = level.get(policy);
      if (this.#policyMapping === 0) level.delete(policy);
      else if (node !== undefined) node.expected = expected;
      else addMapped(level, policy, expected);
    }
    this.#prune();
  }

  /** RFC 5280 §6.1.3 (d)(3): nodes without children go, up to the root. */
  #prune(): void {
    const levels = this.#levels!;
    for (let depth = levels.length - 1; depth > 0; depth -= 1) {
      const kept = new Set([...levels[depth]!.values()].flatMap((node) => node.parents));
      const above = levels[depth - 1]!;
      for (const [policy, node] of above) if (!kept.has(node)) above.delete(policy);
    }
    if (levels.some((level) => level.size === 0)) this.#levels = undefined;
  }

  /** RFC 5280 §6.1.5 (g): a policy of the user stands directly below anyPolicy, and leads to the end. */
  #holdsUserPolicy(): boolean {
    const levels = this.#levels;
    if (levels === undefined) return false;
    const wanted = this.#userPolicies;
    if (wanted === undefined || wanted.has(anyPolicy) || levels.at(-1)!.has(anyPolicy)) return true;
    return levels.some((level) =>
      [...level.values()].some(
        ({ policy, parents }) => wanted.has(policy) && parents.some((parent) => parent.policy === anyPolicy),
      ),
    );
  }
}

/** RFC 5280 §6.1.3 (d)(1). */
function addStated(level: Level, above: Level, policy: string): void {
  const matching = [...above.values()].filter((node) => node.expected.has(policy));
  const any = above.get(anyPolicy);
  const parents = matching.length > 0 ? matching : any === undefined ? [] : [any];
  if (parents.length > 0) level.set(policy, { policy, expected: new Set([policy]), parents });
}

/** RFC 5280 §6.1.3 (d)(2): anyPolicy stands for whatever is expected and was not stated. */
function addExpected(level: Level, above: Level): void {
  const parentsOf = new Map<string, PolicyNode[]>();
  for (const node of above.values()) {
    for (const policy of node.expected) parentsOf.set(policy, [...(parentsOf.get(policy) ?? []), node]);
  }
  for (const [policy, parents] of parentsOf) {
    if (!level.has(policy)) level.set(policy, { policy, expected: new Set([policy]), parents });
  }
}

/** RFC 5280 §6.1.4 (b)(1): a policy that only anyPolicy stands for is mapped as a node of its own. */
function addMapped(level: Level, policy: string, expected: ReadonlySet<string>): void {
  const any = level.get(anyPolicy);
  if (any === undefined) return;
  const parents = any.parents.filter((parent) => parent.policy === anyPolicy);
  level.set(policy, { policy, expected, parents });
}
