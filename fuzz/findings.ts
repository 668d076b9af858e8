import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Complaint, stillComplains } from './oracle.ts';
import type { FuzzTarget } from './target.ts';

/** Where inputs that once broke a parser are kept, a folder for each target. */
export const findingsFolder = resolve(import.meta.dirname, '../test/vectors/findings');

/** How long an input is made smaller, in ms. */
const reductionMs = 20_000;

/** Gives the inputs that once broke a parser, by their file names. */
export function keptFindings(target: FuzzTarget): ReadonlyMap<string, Uint8Array> {
  const folder = join(findingsFolder, target.name);
  if (!existsSync(folder)) return new Map();
  return new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}

/** Writes an input as a vector; gives the path of the file. */
export function keepFinding(target: FuzzTarget, input: Uint8Array): string {
  const folder = join(findingsFolder, target.name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.bin`);
  writeFileSync(file, input);
  return file;
}

/** Takes out of an input what its complaint does not need: halves first, single bytes in the end. */
export function reduceFinding(target: FuzzTarget, input: Uint8Array, complaint: Complaint): Uint8Array {
  const end = performance.now() + reductionMs;
  let smallest = input;
  for (let piece = Math.ceil(input.length / 2); piece >= 1; piece = Math.floor(piece / 2)) {
    for (let at = 0; at < smallest.length && performance.now() < end; ) {
      const shorter = new Uint8Array(
        Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + piece)]),
      );
      if (stillComplains(target, shorter, complaint)) smallest = shorter;
      else at += piece;
    }
  }
  return smallest;
}
