import type { SsympaError } from '../src/errors.ts';
import type { Mutator } from './mutator.ts';

/** A class of typed errors. */
export type TypedError = abstract new (...args: never[]) => SsympaError;

/** One parser under fuzzing: where its inputs come from, and what it may do with any bytes. */
export interface FuzzTarget {
  readonly name: string;
  /** The errors that it may throw; anything else is a finding. */
  readonly errors: readonly TypedError[];
  readonly mutators: readonly Mutator[];
  /** Inputs that a campaign starts from; the smallest are taken first. */
  readonly seeds: () => readonly Uint8Array[];
  /**
   * Gives the input to the parser.
   *
   * @throws Disagreement where what was read is not what comes out of writing and reading it again
   */
  readonly run: (input: Uint8Array) => void;
  /** Longest input; 65,536 bytes where nothing is said. */
  readonly maxInputBytes?: number;
}

/** Reading and writing do not agree. */
class Disagreement extends Error {
  override readonly name = 'Disagreement';
}

/** Demands that a property holds, for the targets. */
export function demand(holds: boolean, property: string): void {
  if (!holds) throw new Disagreement(property);
}
