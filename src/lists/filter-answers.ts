import type { Clock } from '../clock.ts';

interface KeptAnswer {
  readonly answer: Promise<boolean>;
  readonly untilMs: number;
}

/** Keeps answers for a time, the ones asked for last; failures are not kept. */
export class FilterAnswers {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #kept = new Map<string, KeptAnswer>();

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  /**
   * Gives a kept answer, or asks; who asks the same at the same time waits for the same answer.
   *
   * @param keepMs how long the answer is good; 0 keeps none
   */
  get(key: string, keepMs: number, ask: () => Promise<boolean>): Promise<boolean> {
    if (keepMs <= 0) return ask();
    const nowMs = this.#clock.now();
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    const isGood = kept !== undefined && nowMs < kept.untilMs;
    const entry = isGood ? kept : { answer: ask(), untilMs: nowMs + keepMs };
    this.#kept.set(key, entry);
    if (!isGood) this.#forgetFailure(key, entry);
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= this.#max) break;
      this.#kept.delete(oldest);
    }
    return entry.answer;
  }

  #forgetFailure(key: string, entry: KeptAnswer): void {
    entry.answer.catch(() => {
      if (this.#kept.get(key) === entry) this.#kept.delete(key);
    });
  }
}
