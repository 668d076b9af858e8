import type { Clock } from '../clock.ts';
import type { ErrorOptionsOf } from '../errors.ts';
import type { CliErrorCode } from './error.ts';

/** What a command sees of the world. */
export interface CliIo {
  /** Standard input, in pieces. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes to standard output, text or bytes, with the line ends that it is given. */
  stdout(data: string | Uint8Array): void;
  /** Writes to standard error. */
  stderr(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths of the command line start at. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Sets the exit code of a command that otherwise ends well: 1 for "the answer is no". */
  exit(code: number): void;
  /** Ends the command: `ssympa: error: MESSAGE`, `ssympa: hint: …`, and the exit code that belongs to the error code. */
  fail(code: CliErrorCode, message: string, options?: ErrorOptionsOf): never;
}

/** Prints a value as one line of JSON. */
export function printJson(io: CliIo, value: unknown): void {
  io.stdout(`${JSON.stringify(value)}\n`);
}

/** Prints rows as columns, two blanks between them; the last column is as long as it is. */
export function printTable(io: CliIo, rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)));
    io.stdout(`${cells.join('  ').trimEnd()}\n`);
  }
}
