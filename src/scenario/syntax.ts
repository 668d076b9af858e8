import type { Place } from '../errors.ts';
import type { ConditionTest } from './context.ts';
import type { ActionName, MethodName, ModifierName } from './vocabulary.ts';

/** The text of a scenario file that somebody else has read. */
export interface ScenarioText {
  readonly file: string;
  readonly text: string;
}

/** Which scenario a text is: `send.private` has the function `send` and the name `private`. */
export interface ScenarioSource {
  readonly file: string;
  readonly function: string;
  readonly name: string;
}

/** Titles as they stand in the file. */
export interface ScenarioTitles {
  readonly plain: string | undefined;
  /** A title to be looked up in the catalogue of translations. */
  readonly gettext: string | undefined;
  /** By language tag (RFC 5646 §2.1), old codes of Sympa mapped: `us` stands as `en-US`. */
  readonly byLanguage: ReadonlyMap<string, string>;
}

/** A scenario, parsed; conditions are ready to be asked. */
export interface Scenario extends ScenarioSource {
  readonly titles: ScenarioTitles;
  /** In the order of evaluation: blocklist, header include, then the file with its includes spliced in. */
  readonly rules: readonly Rule[];
  /** What is allowed and yet looks like a mistake. */
  readonly remarks: readonly Remark[];
}

/** Something that a person should look at; it changes no decision. */
export interface Remark {
  readonly place: Place;
  readonly text: string;
}

/** One rule. */
export interface Rule {
  readonly place: Required<Place>;
  /** The rule as written, without comment and outer blanks. */
  readonly text: string;
  readonly condition: Condition;
  readonly methods: readonly MethodName[];
  readonly action: Action;
  /** Asks the condition, negation included; throws or rejects where it cannot be answered. */
  readonly holds: ConditionTest;
}

/** A question, perhaps negated. */
export interface Condition {
  readonly name: string;
  readonly negated: boolean;
  readonly arguments: readonly Argument[];
  /** Column of the name, from 1. */
  readonly column: number;
}

/** One argument of a condition. */
export type Argument =
  | VariableArgument
  | { readonly kind: 'text'; readonly value: string; readonly quoted: boolean; readonly column: number }
  | { readonly kind: 'pattern'; readonly source: string; readonly column: number };

/** `[sender]`, `[msg_header->from][-1]`, `[current_date]-3d`. */
export interface VariableArgument {
  readonly kind: 'variable';
  /** `sender`, or `msg_header->from`. */
  readonly path: string;
  /** Which of several values, from 0; negative counts from the end. */
  readonly index: number | undefined;
  /** A duration that is added or taken, as written: `-3d`. */
  readonly shift: string | undefined;
  readonly column: number;
}

/** What a rule decides. */
export interface Action {
  readonly name: ActionName;
  readonly modifiers: readonly ModifierName[];
  readonly reason: string | null;
  readonly template: string | null;
  readonly requestAuthFrom: 'sender' | 'email' | undefined;
  readonly column: number;
}
