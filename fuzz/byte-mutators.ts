import { type Mutator, spliced } from './mutator.ts';
import type { Random } from './random.ts';

/** Octets at the edges of encodings. */
const edgeOctets = [0x00, 0x01, 0x0a, 0x0d, 0x1f, 0x20, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xc0, 0xfe, 0xff];

/** Most copies that a repeated piece comes to: enough to tell linear from quadratic. */
const maxCopies = 4_096;

function range(input: Uint8Array, random: Random): readonly [start: number, end: number] {
  const start = random.below(input.length + 1);
  return [start, start + random.size(input.length - start)];
}

const flipBit: Mutator = (input, random) => {
  if (input.length === 0) return undefined;
  const changed = input.slice();
  changed[random.below(input.length)]! ^= 1 << random.below(8);
  return changed;
};

const setByte: Mutator = (input, random) => {
  if (input.length === 0) return undefined;
  const changed = input.slice();
  changed[random.below(input.length)] = random.oneIn(2) ? random.pick(edgeOctets) : random.below(256);
  return changed;
};

const insertBytes: Mutator = (input, random) => {
  const at = random.below(input.length + 1);
  const bytes = Uint8Array.from({ length: 1 + random.size(16) }, () => random.below(256));
  return spliced(input, at, at, bytes);
};

const deleteRange: Mutator = (input, random) => spliced(input, ...range(input, random), new Uint8Array(0));

const copyRange: Mutator = (input, random) => {
  const at = random.below(input.length + 1);
  return spliced(input, at, at, input.subarray(...range(input, random)));
};

const repeatRange: Mutator = (input, random) => {
  const [start, end] = range(input, random);
  const piece = input.subarray(start, Math.min(end, start + 256));
  const copies = Array.from({ length: 1 + random.size(maxCopies) }, () => piece);
  return spliced(input, start, start, Buffer.concat(copies));
};

const truncate: Mutator = (input, random) => input.slice(0, random.below(input.length + 1));

const crossOver: Mutator = (input, random, others) => {
  if (others.length === 0) return undefined;
  const other = random.pick(others);
  return spliced(input, ...range(input, random), other.subarray(...range(other, random)));
};

/** Mutators that know nothing of the format. */
export const byteMutators: readonly Mutator[] = [
  flipBit,
  setByte,
  insertBytes,
  deleteRange,
  copyRange,
  repeatRange,
  truncate,
  crossOver,
];

/** Makes a mutator that puts words of a format into the input, or over some of it. */
export function wordMutator(words: readonly string[]): Mutator {
  const encoded = words.map((word) => new Uint8Array(Buffer.from(word)));
  return (input, random) => {
    const at = random.below(input.length + 1);
    const end = random.oneIn(2) ? at : Math.min(input.length, at + random.size(16));
    return spliced(input, at, end, random.pick(encoded));
  };
}
