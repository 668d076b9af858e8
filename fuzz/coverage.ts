import { Session } from 'node:inspector';
import { pathToFileURL } from 'node:url';

interface CoverageRange {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly CoverageRange[] }[];
}

/** By script: 1 for each character that ran. */
export type Reached = ReadonlyMap<string, Uint8Array>;

/**
 * Tells which characters of the sources below a folder have run, by V8's precise block coverage.
 *
 * What V8 reports are ranges with counts, merged where neighbours have one count; painted over each other they say of
 * every character whether it ran, which does not depend on how they were merged.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #prefix: string;
  readonly #seen = new Map<string, Uint8Array>();
  #characters = 0;

  /** @param folder absolute path of the sources that count */
  constructor(folder: string) {
    this.#prefix = pathToFileURL(`${folder}/`).href;
    this.#session.connect();
    this.#post('Profiler.enable');
    // Counts are asked for because without them a function is reported only the first time that it runs.
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many characters of the sources have run so far. */
  get characters(): number {
    return this.#characters;
  }

  /** Takes what ran since it was asked last. */
  take(): Reached {
    const { result } = this.#post('Profiler.takePreciseCoverage') as {
      readonly result: readonly ScriptCoverage[];
    };
    return new Map(
      result.filter(({ url }) => url.startsWith(this.#prefix)).map((script) => [script.url, paint(script)]),
    );
  }

  /** Tells whether something of it never ran before. */
  isNew(reached: Reached): boolean {
    for (const [url, ran] of reached) {
      const seen = this.#seen.get(url);
      if (seen === undefined) return true;
      for (let index = 0; index < ran.length; index += 1)
        if (ran[index] === 1 && seen[index] !== 1) return true;
    }
    return false;
  }

  /** Adds to what ran so far; true where something of it is new. */
  add(reached: Reached): boolean {
    const before = this.#characters;
    for (const [url, ran] of reached) this.#addScript(url, ran);
    return this.#characters > before;
  }

  /** Ends the measurement. */
  close(): void {
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #addScript(url: string, ran: Uint8Array): void {
    let seen = this.#seen.get(url) ?? new Uint8Array(0);
    if (seen.length < ran.length) {
      const longer = new Uint8Array(ran.length);
      longer.set(seen);
      seen = longer;
      this.#seen.set(url, seen);
    }
    for (let index = 0; index < ran.length; index += 1) {
      if (ran[index] === 1 && seen[index] === 0) {
        seen[index] = 1;
        this.#characters += 1;
      }
    }
  }

  /** Without a loop of its own the session answers before `post` returns. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}

function paint({ functions }: ScriptCoverage): Uint8Array {
  const end = functions.reduce((most, { ranges }) => Math.max(most, ranges[0]!.endOffset), 0);
  const ran = new Uint8Array(end);
  // Outer functions and ranges come before those that they hold.
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
