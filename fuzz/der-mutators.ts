import { type Mutator, spliced } from './mutator.ts';
import type { Random } from './random.ts';

/** A value of an input that may be no DER at all. */
interface LooseValue {
  identifier: number;
  /** Read deeper where the value is constructed, or where a string holds DER. */
  members: LooseValue[] | undefined;
  /** What stands before the members: the count of unused bits of a BIT STRING. */
  prefix: Uint8Array;
  content: Uint8Array;
  indefinite: boolean;
}

const maxDepth = 24;
const bitString = 0x03;
const octetString = 0x04;
const identifiers = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x1f,
].concat([0x24, 0x30, 0x31, 0x3f, 0x80, 0x81, 0x82, 0x86, 0xa0, 0xa1, 0xa2, 0xa3, 0xbf]);

/** Reads values one behind the other; undefined where the bytes are none. */
function readValues(bytes: Uint8Array, depth: number): LooseValue[] | undefined {
  const values: LooseValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = readHeader(bytes, at);
    if (header === undefined || depth > maxDepth) return undefined;
    const { identifier, start, end } = header;
    values.push(makeValue(identifier, bytes.subarray(start, end), depth));
    at = end;
  }
  return values;
}

function makeValue(identifier: number, content: Uint8Array, depth: number): LooseValue {
  const value = { identifier, content, prefix: new Uint8Array(0), members: undefined, indefinite: false };
  const isBits = identifier === bitString && content[0] === 0;
  const inner = isBits ? content.subarray(1) : content;
  const mayHold = (identifier & 0x20) !== 0 || isBits || identifier === octetString;
  const members = mayHold && inner.length > 1 ? readValues(inner, depth + 1) : undefined;
  return { ...value, members, prefix: isBits ? content.subarray(0, 1) : value.prefix };
}

function readHeader(
  bytes: Uint8Array,
  at: number,
): { readonly identifier: number; readonly start: number; readonly end: number } | undefined {
  const [identifier, first] = [bytes[at], bytes[at + 1]];
  if (identifier === undefined || first === undefined || (identifier & 0x1f) === 0x1f) return undefined;
  const octets = first < 0x80 ? 0 : first - 0x80;
  if (octets > 4 || first === 0x80) return undefined;
  let length = first < 0x80 ? first : 0;
  for (let index = 0; index < octets; index += 1) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  const start = at + 2 + octets;
  return start + length <= bytes.length ? { identifier, start, end: start + length } : undefined;
}

function write(value: LooseValue): Uint8Array {
  const content = value.members
    ? Buffer.concat([value.prefix, ...value.members.map(write)])
    : Buffer.from(value.content);
  if (value.indefinite) return Buffer.concat([Buffer.of(value.identifier, 0x80), content, Buffer.alloc(2)]);
  return Buffer.concat([Buffer.of(value.identifier, ...lengthOctets(content.length)), content]);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 + octets.length, ...octets];
}

/** A value and the list that it stands in. */
interface Spot {
  readonly siblings: LooseValue[];
  readonly index: number;
}

function spotsIn(siblings: LooseValue[], spots: Spot[] = []): Spot[] {
  siblings.forEach((value, index) => {
    spots.push({ siblings, index });
    if (value.members) spotsIn(value.members, spots);
  });
  return spots;
}

type TreeEdit = (spot: Spot, random: Random, donors: () => readonly Spot[]) => void;

const edits: readonly TreeEdit[] = [
  ({ siblings, index }, random) => {
    const copies = random.oneIn(8) ? 1 + random.size(2_000) : 1;
    for (let copy = 0; copy < copies; copy += 1) siblings.splice(index, 0, siblings[index]!);
  },
  ({ siblings, index }) => siblings.splice(index, 1),
  ({ siblings, index }, random) => siblings.push(...siblings.splice(random.below(index + 1), 1)),
  ({ siblings, index }, random) => {
    siblings[index]!.identifier = random.oneIn(2)
      ? random.pick(identifiers)
      : siblings[index]!.identifier ^ (1 << random.below(8));
  },
  ({ siblings, index }, random) => {
    const { identifier, content } = siblings[index]!;
    siblings[index] = { ...blank(identifier), content: changedContent(content, random) };
  },
  ({ siblings, index }, random) => {
    const { identifier, content } = siblings[index]!;
    siblings[index] = { ...blank(identifier), content: content.slice(0, random.below(content.length + 1)) };
  },
  ({ siblings, index }) => {
    siblings[index]!.indefinite = true;
  },
  ({ siblings, index }, random) => {
    const levels = random.oneIn(4) ? 1 + random.below(40) : 1;
    for (let level = 0; level < levels; level += 1)
      siblings[index] = { ...blank(random.pick([0x30, 0x31, 0xa0, 0x24])), members: [siblings[index]!] };
  },
  (spot, random, donors) => putDonor(spot, random, donors, 1),
  (spot, random, donors) => putDonor(spot, random, donors, 0),
];

function putDonor(
  { siblings, index }: Spot,
  random: Random,
  donors: () => readonly Spot[],
  over: number,
): void {
  const spots = donors();
  if (spots.length === 0) return;
  const donor = random.pick(spots);
  siblings.splice(index, over, donor.siblings[donor.index]!);
}

function blank(identifier: number): LooseValue {
  return {
    identifier,
    members: undefined,
    prefix: new Uint8Array(0),
    content: new Uint8Array(0),
    indefinite: false,
  };
}

function changedContent(content: Uint8Array, random: Random): Uint8Array {
  if (content.length === 0 || random.oneIn(3))
    return Uint8Array.from({ length: random.size(64) }, () => random.below(256));
  const changed = content.slice();
  changed[random.below(changed.length)] = random.pick([0x00, 0x7f, 0x80, 0xff, random.below(256)]);
  return changed;
}

/** Changes one value of the tree and writes every length anew, so that the change gets past the reader. */
const editTree: Mutator = (input, random, others) => {
  const roots = readValues(input, 0);
  if (roots === undefined || roots.length === 0) return undefined;
  const donors = () => {
    const other = others.length > 0 ? readValues(random.pick(others), 0) : undefined;
    return other ? spotsIn(other) : [];
  };
  random.pick(edits)(random.pick(spotsIn(roots)), random, donors);
  return new Uint8Array(Buffer.concat(roots.map(write)));
};

/** Positions of the lengths of an input. */
function lengthPositions(bytes: Uint8Array, from = 0, limit = bytes.length, depth = 0): number[] {
  const positions: number[] = [];
  for (let at = from; at < limit; ) {
    const header = readHeader(bytes.subarray(0, limit), at);
    if (header === undefined || depth > maxDepth) break;
    positions.push(at + 1);
    if (header.identifier & 0x20)
      positions.push(...lengthPositions(bytes, header.start, header.end, depth + 1));
    at = header.end;
  }
  return positions;
}

const lyingLengths = [[0], [0x7f], [0x80], [0x81, 0x00], [0x81, 0xff], [0x82, 0xff, 0xff], [0xff]].concat([
  [0x84, 0x7f, 0xff, 0xff, 0xff],
  [0x84, 0xff, 0xff, 0xff, 0xff],
  [0x88, 0, 0, 0, 0, 0, 0, 0, 1],
]);

/** Lets a length say what is not so. */
const lieAboutLength: Mutator = (input, random) => {
  const positions = lengthPositions(input);
  if (positions.length === 0) return undefined;
  const at = random.pick(positions);
  const near = [(input[at]! + random.pick([-2, -1, 1, 2])) & 0xff];
  return spliced(input, at, at + 1, Uint8Array.from(random.oneIn(2) ? near : random.pick(lyingLengths)));
};

/** Mutators that know how a DER value is built. */
export const derMutators: readonly Mutator[] = [editTree, editTree, editTree, lieAboutLength];
