import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListsError } from './error.ts';

/** A question to a SQLite database. */
export interface SqliteQuestion {
  readonly file: string;
  readonly statement: string;
  /** The values of `?1`, `?2` … */
  readonly parameters: readonly string[];
}

/** Answers of the other process; anything else is a failure. */
const answers = { yes: true, no: false } as const;

const answerMs = 5_000;
const maxAnswerBytes = 4_096;

/** The same ending as this file: `.ts` in a checkout, `.js` when built. */
const program = fileURLToPath(
  new URL(`./filter-sqlite-child${extname(import.meta.filename)}`, import.meta.url),
);

/**
 * Asks a SQLite database for one value. The library waits for its answer, and nothing stops a statement that goes on
 * without end; so another process asks, which can be killed.
 *
 * @throws ListsError `filter-database`
 */
export function askSqlite(question: SqliteQuestion): Promise<boolean> {
  const options = {
    timeout: answerMs,
    killSignal: 'SIGKILL',
    maxBuffer: maxAnswerBytes,
    env: {},
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ['--no-warnings', program], options, (error, stdout) => {
      const answer = Object.entries(answers).find(([word]) => word === stdout.trim())?.[1];
      if (!error && answer !== undefined) resolve(answer);
      else reject(failure(error?.killed ? 'it takes too long' : stdout.trim().slice(0, 40)));
    });
    // It may end before it has read everything.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(question));
  });
}

function failure(why: string): ListsError {
  const shown = why === '' ? 'no answer' : why;
  return new ListsError('filter-database', `the SQLite database of a filter cannot be asked (${shown})`);
}
