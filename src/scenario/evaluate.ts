import type { EvaluationContext } from './context.ts';
import type { Scenario } from './syntax.ts';
import type { ActionName, AuthenticationMethod, ModifierName } from './vocabulary.ts';

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
  /** The file of the rule; it is that of the scenario, of an include, or `blocklist`. */
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

/** Decides. */
export async function evaluateScenario(
  scenario: Scenario,
  context: EvaluationContext,
  method: AuthenticationMethod,
): Promise<Explanation> {
  throw new Error(`not yet: ${scenario.name} ${method} ${context.nowMs}`);
}
