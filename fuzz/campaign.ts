import { resolve } from 'node:path';
import { Coverage } from './coverage.ts';
import { keepFinding, reduceFinding } from './findings.ts';
import { mutate } from './mutator.ts';
import { type Complaint, complaintOf, judgeBatch, memoryBound, memoryOf } from './oracle.ts';
import type { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** What came of fuzzing one target. */
export interface CampaignReport {
  readonly target: string;
  readonly runs: number;
  /** Inputs that reached something new. */
  readonly kept: number;
  /** Characters of the sources that ran. */
  readonly covered: number;
  readonly findings: readonly Finding[];
}

/** A defect, and the vector that shows it. */
export interface Finding {
  readonly file: string;
  readonly complaint: Complaint;
}

const defaultMaxInputBytes = 65_536;
/** Inputs between two looks at the coverage, which costs milliseconds. */
const maxBatch = 128;
/** A batch should last so long, in ms. */
const batchMs = 100;
/** A defect that everything runs into ends the campaign. */
const maxFindings = 20;

/**
 * Fuzzes one target: keeps each input that reaches new blocks, and makes new inputs of those that were kept.
 *
 * @param ms how long, by the clock; seeds take at most half of it
 */
export function runCampaign(target: FuzzTarget, ms: number, random: Random): CampaignReport {
  const campaign = new Campaign(target, random);
  try {
    campaign.plant(performance.now() + ms / 2);
    campaign.grow(performance.now() + ms - campaign.spentMs);
    return campaign.report();
  } finally {
    campaign.close();
  }
}

class Campaign {
  readonly #target: FuzzTarget;
  readonly #random: Random;
  readonly #coverage = new Coverage(resolve(import.meta.dirname, '../src'));
  readonly #corpus: Uint8Array[] = [];
  readonly #findings = new Map<string, Finding>();
  readonly #maxInputBytes: number;
  readonly #startMs = performance.now();
  #runs = 0;
  #batchSize = 4;

  constructor(target: FuzzTarget, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#maxInputBytes = target.maxInputBytes ?? defaultMaxInputBytes;
  }

  get spentMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Runs the seeds, the small ones first. */
  plant(untilMs: number): void {
    const seeds = this.#target
      .seeds()
      .filter(({ length }) => length <= this.#maxInputBytes)
      .sort((a, b) => a.length - b.length);
    this.#coverage.take();
    for (let at = 0; at < seeds.length && performance.now() < untilMs; ) {
      const batch = seeds.slice(at, at + this.#batchSize);
      this.#runBatch(batch);
      at += batch.length;
    }
    if (this.#corpus.length === 0) this.#corpus.push(seeds[0] ?? new Uint8Array(0));
  }

  /** Makes new inputs until the time is over. */
  grow(untilMs: number): void {
    while (performance.now() < untilMs && this.#findings.size < maxFindings)
      this.#runBatch(Array.from({ length: this.#batchSize }, () => this.#newInput()));
  }

  report(): CampaignReport {
    return {
      target: this.#target.name,
      runs: this.#runs,
      kept: this.#corpus.length,
      covered: this.#coverage.characters,
      findings: [...this.#findings.values()],
    };
  }

  close(): void {
    this.#coverage.close();
  }

  /** What was found last leads on most often. */
  #newInput(): Uint8Array {
    const { length } = this.#corpus;
    const recent = Math.min(length, 16);
    const position = this.#random.oneIn(3)
      ? length - 1 - this.#random.below(recent)
      : this.#random.below(length);
    const { mutators } = this.#target;
    return mutate(this.#corpus[position]!, mutators, this.#random, this.#corpus, this.#maxInputBytes);
  }

  #runBatch(inputs: readonly Uint8Array[]): void {
    this.#runs += inputs.length;
    let complaints: ReturnType<typeof judgeBatch> = [];
    const startMs = performance.now();
    const bytes = memoryOf(() => {
      complaints = judgeBatch(this.#target, inputs);
    });
    const factor = performance.now() - startMs < batchMs ? 2 : 0.5;
    this.#batchSize = Math.min(maxBatch, Math.max(1, Math.ceil(this.#batchSize * factor)));
    for (const { input, complaint } of complaints) this.#examine(input, complaint.key);
    const longest = inputs.reduce((most, { length }) => Math.max(most, length), 0);
    if (bytes > memoryBound(longest)) for (const input of inputs) this.#examine(input, 'memory');
    const reached = this.#coverage.take();
    if (!this.#coverage.isNew(reached)) return;
    for (const input of inputs) {
      judgeBatch(this.#target, [input]);
      if (this.#coverage.add(this.#coverage.take())) this.#corpus.push(input);
    }
    // What only came about in the company of other inputs shall not be looked for again.
    this.#coverage.add(reached);
  }

  #examine(input: Uint8Array, key: string): void {
    if (this.#findings.has(key)) return;
    const complaint = complaintOf(this.#target, input);
    if (complaint === undefined || this.#findings.has(complaint.key)) return;
    const smallest = reduceFinding(this.#target, input, complaint);
    this.#findings.set(complaint.key, { file: keepFinding(this.#target, smallest), complaint });
  }
}
