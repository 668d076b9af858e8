/** Numbers that look random and come again with the same seed, so that a run can be repeated. */
export class Random {
  #state: number;

  /** @param seed any whole number; the low 32 bits count */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Gives a whole number from 0 up to, not including, `limit`; 0 where the limit is 0. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Gives one of several. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Gives a length that is mostly small: the magnitude is chosen before the number. */
  size(limit: number): number {
    return Math.min(limit, this.below(2 ** (1 + this.below(Math.ceil(Math.log2(limit + 2))))));
  }

  // A 32-bit counter through two rounds of multiply and shift.
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  }
}
