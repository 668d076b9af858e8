import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext, Script } from 'node:vm';
import { SsympaError } from '../src/errors.ts';
import type { FuzzTarget } from './target.ts';

/** What a parser did that it may not do. */
export interface Complaint {
  readonly kind: 'untyped error' | 'wrong error' | 'disagreement' | 'slow' | 'hang' | 'memory';
  /** One line for a person. */
  readonly text: string;
  /** Where it happened: two complaints of one key are one defect. */
  readonly key: string;
}

/** Longest run, in ms of processor time. */
const maxRunMs = 1_000;
/** A run that lasts so much of the clock's time is ended: it hangs. */
const hangMs = 20_000;
/** Memory of a run, as a multiple of its input. */
const maxMemoryFactor = 50;
/** What the engine may take for itself, whatever the input: its young generation, compiled code. */
const memoryFloorBytes = 64 * 1024 * 1024;

const globals = globalThis as { fuzzedWork?: () => void };
const guarded = new Script('fuzzedWork()');

/** Runs work that is ended when it hangs. */
function runGuarded(work: () => void): void {
  globals.fuzzedWork = work;
  guarded.runInThisContext({ timeout: hangMs });
}

/**
 * Runs inputs one after the other.
 *
 * @returns complaints with their inputs; memory is told apart by {@link complaintOf} alone
 */
export function judgeBatch(
  target: FuzzTarget,
  inputs: readonly Uint8Array[],
): readonly { readonly input: Uint8Array; readonly complaint: Complaint }[] {
  const complaints: { input: Uint8Array; complaint: Complaint }[] = [];
  let position = 0;
  const work = () => {
    for (; position < inputs.length; position += 1) {
      const input = inputs[position]!;
      const complaint = runOnce(target, input);
      if (complaint !== undefined) complaints.push({ input, complaint });
    }
  };
  while (position < inputs.length) {
    try {
      runGuarded(work);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      complaints.push({ input: inputs[position]!, complaint: hang });
      position += 1;
    }
  }
  return complaints;
}

const hang: Complaint = { kind: 'hang', text: `still runs after ${hangMs / 1000} s`, key: 'hang' };

function isTimeout(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

function runOnce(target: FuzzTarget, input: Uint8Array): Complaint | undefined {
  const start = process.threadCpuUsage();
  try {
    target.run(input);
  } catch (error) {
    const complaint = complaintAbout(error, target);
    if (complaint !== undefined) return complaint;
  }
  const { user, system } = process.threadCpuUsage(start);
  const ms = (user + system) / 1_000;
  if (ms <= maxRunMs) return undefined;
  return { kind: 'slow', text: `takes ${Math.round(ms)} ms`, key: 'slow' };
}

function complaintAbout(error: unknown, target: FuzzTarget): Complaint | undefined {
  if (isTimeout(error)) throw error;
  if (target.errors.some((kind) => error instanceof kind)) return undefined;
  if (!(error instanceof Error)) return { kind: 'untyped error', text: String(error), key: String(error) };
  const place = /\b(?:src|fuzz)\/\S+?\.ts:\d+/.exec(error.stack ?? '')?.[0] ?? '';
  const kind =
    error.name === 'Disagreement'
      ? 'disagreement'
      : error instanceof SsympaError
        ? 'wrong error'
        : 'untyped error';
  // The whole message may hold what was read; its beginning says enough.
  const text = `${error.name}: ${error.message.slice(0, 120)} (${place})`;
  return { kind, text, key: `${error.name} ${kind === 'disagreement' ? error.message : place}` };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Highest resident memory since {@link watchMemory}, in bytes; undefined where the system does not tell. */
function highestMemory(): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Lets the high-water mark of this process begin anew (proc(5), clear_refs); gives what is in use now. */
function watchMemory(): number {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere than on Linux memory is not watched.
  }
  return process.memoryUsage.rss();
}

/** Runs work and tells how far memory rose above where it stood, in bytes. */
export function memoryOf(work: () => void): number {
  const before = watchMemory();
  work();
  return Math.max(0, (highestMemory() ?? before) - before);
}

/** How much memory a run may take, in bytes. */
export function memoryBound(inputBytes: number): number {
  return memoryFloorBytes + maxMemoryFactor * inputBytes;
}

/** Tells whether an input still has a complaint, as cheaply as that complaint allows. */
export function stillComplains(target: FuzzTarget, input: Uint8Array, { kind, key }: Complaint): boolean {
  const complaint =
    kind === 'memory' ? complaintOf(target, input) : judgeBatch(target, [input])[0]?.complaint;
  return complaint?.key === key;
}

/** Judges one input alone, as often as it takes to be sure. */
export function complaintOf(target: FuzzTarget, input: Uint8Array): Complaint | undefined {
  let found: Complaint | undefined;
  // Time and memory that a first run takes may be the engine's; what comes again is the parser's.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    collectGarbage();
    const bytes = memoryOf(() => {
      found = judgeBatch(target, [input])[0]?.complaint;
    });
    if (found === undefined && bytes > memoryBound(input.length)) {
      const text = `takes ${Math.round(bytes / 1e6)} MB for ${input.length} bytes`;
      found = { kind: 'memory', text, key: 'memory' };
    }
    if (found === undefined) return undefined;
  }
  return found;
}
