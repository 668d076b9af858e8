import type { Random } from './random.ts';

/**
 * Makes a new input of an old one, which it leaves as it is.
 *
 * @param others inputs that were kept so far, to take pieces from
 * @returns undefined where the input has nothing that this mutator changes
 */
export type Mutator = (
  input: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
) => Uint8Array | undefined;

/** Puts bytes in place of a range. */
export function spliced(input: Uint8Array, start: number, end: number, insert: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([input.subarray(0, start), insert, input.subarray(end)]));
}

/**
 * Changes an input by one to eight mutators in a row, one in most cases.
 *
 * @param maxBytes where the result is cut off
 */
export function mutate(
  input: Uint8Array,
  mutators: readonly Mutator[],
  random: Random,
  others: readonly Uint8Array[],
  maxBytes: number,
): Uint8Array {
  let changed = input;
  const count = random.oneIn(2) ? 1 : 1 + random.below(8);
  for (let step = 0; step < count; step += 1) {
    const mutator = random.pick(mutators);
    changed = (mutator(changed, random, others) ?? changed).subarray(0, maxBytes);
  }
  return changed;
}
