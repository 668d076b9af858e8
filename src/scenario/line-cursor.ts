import { ScenarioError, type ScenarioErrorCode } from './error.ts';

/** Where a line stands. */
export interface LinePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Reads one line of a scenario from left to right. `#` outside of quotes and patterns ends it. */
export class LineCursor {
  readonly place: LinePlace;
  readonly text: string;
  /** Offset of what is read next. */
  position = 0;

  constructor(place: LinePlace, text: string) {
    this.place = place;
    this.text = text;
  }

  /** Column of what is read next, from 1. */
  get column(): number {
    return this.position + 1;
  }

  /** True where nothing but a comment is left. */
  get atEnd(): boolean {
    this.skipBlanks();
    return this.position >= this.text.length || this.text[this.position] === '#';
  }

  skipBlanks(): void {
    while (this.text[this.position] === ' ' || this.text[this.position] === '\t') this.position++;
  }

  /** Tells whether a text comes next, after blanks, and reads it. */
  accept(expected: string): boolean {
    this.skipBlanks();
    if (!this.text.startsWith(expected, this.position)) return false;
    this.position += expected.length;
    return true;
  }

  /**
   * Reads what a pattern matches here, after blanks.
   *
   * @param pattern sticky, and without nested repetition
   * @returns the match, or `undefined` with nothing read
   */
  take(pattern: RegExp): RegExpExecArray | undefined {
    this.skipBlanks();
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.position = pattern.lastIndex;
    return match;
  }

  /** Makes the error for what stands at a column. */
  fault(
    code: ScenarioErrorCode,
    message: string,
    more: { readonly column?: number; readonly hint?: string; readonly cause?: unknown } = {},
  ): ScenarioError {
    const place = { ...this.place, column: more.column ?? this.column };
    return new ScenarioError(code, message, {
      place,
      ...(more.hint === undefined ? {} : { hint: more.hint }),
      ...(more.cause === undefined ? {} : { cause: more.cause }),
    });
  }
}
