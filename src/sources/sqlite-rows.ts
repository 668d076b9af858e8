import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ReadBounds } from './data-source.ts';
import { SourcesError } from './error.ts';
import { maxSourceBytes } from './people.ts';

/** A query of a SQLite database. */
export interface SqliteRowsQuestion {
  readonly file: string;
  readonly statement: string;
}

/** Takes the first two values of a row, as text. */
export type TakeRow = (first: string, second: string) => void;

/** The same ending as this file: `.ts` in a checkout, `.js` when built. */
const program = fileURLToPath(
  new URL(`./sqlite-rows-child${extname(import.meta.filename)}`, import.meta.url),
);

/**
 * Reads the rows of a query. The library waits for its answer, and nothing stops a statement that goes on without end; so
 * another process asks, which can be killed.
 *
 * @throws SourcesError `source-database`, `source-timeout`, `source-too-large`
 */
export async function readSqliteRows(
  question: SqliteRowsQuestion,
  { limitMs, signal }: ReadBounds,
  take: TakeRow,
): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
  });
  let isLate = false;
  const end = () => {
    isLate = true;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(end, signal?.aborted ? 0 : limitMs);
  signal?.addEventListener('abort', end);
  // It may end before it has read everything, or not start at all: then it says nothing.
  for (const stream of [child, child.stdin]) stream.on('error', () => undefined);
  child.stdin.end(JSON.stringify(question));
  try {
    const last = await takeLines(child.stdout, take);
    if (isLate) throw new SourcesError('source-timeout', 'the SQLite database does not answer in time');
    if (last !== 'end') throw failure(last);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    child.kill('SIGKILL');
  }
}

/** @returns what stands after the rows */
async function takeLines(output: NodeJS.ReadableStream, take: TakeRow): Promise<string> {
  let size = 0;
  let last = '';
  for await (const line of createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY })) {
    size += line.length;
    if (size > maxSourceBytes)
      throw new SourcesError('source-too-large', `the database sends more than ${maxSourceBytes} bytes`);
    last = line;
    if (!line.startsWith('[')) continue;
    const [first = '', second = ''] = JSON.parse(line) as readonly string[];
    take(first, second);
  }
  return last;
}

function failure(last: string): SourcesError {
  const why = last.startsWith('SQLite ') ? last.slice(0, 40) : 'no answer';
  return new SourcesError('source-database', `the SQLite database cannot be asked (${why})`);
}
