import { SsympaError } from '../errors.ts';
import type { EvaluationContext } from './context.ts';
import type { Rule, Scenario, ScenarioSource } from './syntax.ts';
import { type ActionName, type AuthenticationMethod, type ModifierName, methodNames } from './vocabulary.ts';

/** What was decided. */
export interface Decision {
  readonly action: ActionName;
  readonly modifiers: readonly ModifierName[];
  readonly reason: string | null;
  readonly template: string | null;
  /** For `request_auth`: who is to confirm. */
  readonly requestAuthFrom?: 'sender' | 'email';
}

/** A rule that did not decide, and why. */
export interface TriedRule {
  readonly line: number;
  readonly text: string;
  readonly outcome: 'method-differs' | 'condition-false' | 'error';
  /** The file of the rule: that of the scenario, or of an include. */
  readonly file: string;
  /** Code of the failure, for the log; never what was looked up. */
  readonly error?: string;
}

/** A decision with its grounds; the JSON of `scenario explain`. */
export interface Explanation {
  readonly function: string;
  readonly name: string;
  readonly file: string;
  readonly method: AuthenticationMethod;
  readonly decision: Decision;
  readonly rule: { readonly file: string; readonly line: number; readonly text: string } | null;
  readonly tried: readonly TriedRule[];
}

/** Refusals that no rule spoke, with their reason. */
export const implicitReasons = {
  'no-rule-match': 'No rule of the scenario holds.',
  'error-performing-condition': 'A condition could not be answered.',
  'scenario-not-found': 'There is no scenario of that name.',
  'not-compiled': 'The scenario is faulty.',
  'list-no-open': 'The list is not open.',
} as const;

export type ImplicitReason = keyof typeof implicitReasons;

/** A rule with everything about it that does not hang on the question. */
interface PreparedRule {
  readonly rule: Rule;
  readonly methods: ReadonlySet<AuthenticationMethod>;
  readonly decision: Decision;
  readonly cited: { readonly file: string; readonly line: number; readonly text: string };
  readonly differs: TriedRule;
  readonly isFalse: TriedRule;
}

const prepared = new WeakMap<Scenario, readonly PreparedRule[]>();

/**
 * Decides: the first rule that knows the method and whose condition holds. Nothing holds, or a condition cannot be
 * answered: refused.
 *
 * @returns the decision, the rule that made it, and why each earlier rule did not; never rejects
 */
export async function evaluateScenario(
  scenario: Scenario,
  context: EvaluationContext,
  method: AuthenticationMethod,
): Promise<Explanation> {
  const tried: TriedRule[] = [];
  for (const each of rulesOf(scenario)) {
    if (!each.methods.has(method)) {
      tried.push(each.differs);
      continue;
    }
    try {
      const answer = each.rule.holds(context);
      if (typeof answer === 'boolean' ? answer : await answer)
        return explanationOf(scenario, method, each.decision, each.cited, tried);
    } catch (error) {
      tried.push({ ...each.isFalse, outcome: 'error', error: codeOf(error) });
      return explanationOf(scenario, method, refusalFor('error-performing-condition'), null, tried);
    }
    tried.push(each.isFalse);
  }
  return explanationOf(scenario, method, refusalFor('no-rule-match'), null, tried);
}

/** Explains a refusal that needs no rules: the scenario is missing or faulty, the list closed. */
export function refuseWithoutRules(
  source: ScenarioSource,
  method: AuthenticationMethod,
  reason: ImplicitReason,
): Explanation {
  return explanationOf(source, method, refusalFor(reason), null, []);
}

function refusalFor(reason: ImplicitReason): Decision {
  return { action: 'reject', modifiers: [], reason, template: null };
}

function explanationOf(
  { function: functionName, name, file }: ScenarioSource,
  method: AuthenticationMethod,
  decision: Decision,
  rule: Explanation['rule'],
  tried: readonly TriedRule[],
): Explanation {
  return { function: functionName, name, file, method, decision, rule, tried };
}

function rulesOf(scenario: Scenario): readonly PreparedRule[] {
  const known = prepared.get(scenario);
  if (known) return known;
  const rules = scenario.rules.map(prepare);
  prepared.set(scenario, rules);
  return rules;
}

function prepare(rule: Rule): PreparedRule {
  const { name: action, modifiers, reason, template, requestAuthFrom } = rule.action;
  const cited = { file: rule.place.file, line: rule.place.line, text: rule.text };
  const meant = rule.methods.map((name) => methodNames[name].means).filter((method) => method !== undefined);
  return {
    rule,
    methods: new Set(meant),
    decision: { action, modifiers, reason, template, ...(requestAuthFrom ? { requestAuthFrom } : {}) },
    cited,
    differs: { ...cited, outcome: 'method-differs' },
    isFalse: { ...cited, outcome: 'condition-false' },
  };
}

function codeOf(error: unknown): string {
  if (error instanceof SsympaError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
