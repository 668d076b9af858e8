/** The process that asks a SQLite database: a question comes as JSON, `yes`, `no` or the code of a failure goes back. */
import { text } from 'node:stream/consumers';
import type { SqliteQuestion } from './filter-sqlite.ts';
import { isTruth } from './filter-truth.ts';

const busyMs = 1_000;

async function answer({ file, statement, parameters }: SqliteQuestion): Promise<string> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(file, { readOnly: true, timeout: busyMs });
  const prepared = database.prepare(statement);
  prepared.setReadBigInts(true);
  prepared.setReturnArrays(true);
  const row = prepared.get(...parameters) as unknown as readonly unknown[] | undefined;
  return isTruth(row?.[0]) ? 'yes' : 'no';
}

/** Never the text of the failure: it may quote values. */
function codeOf(error: unknown): string {
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown };
  return `SQLite ${String(errcode ?? code ?? 'failure')}`;
}

const question = JSON.parse(await text(process.stdin)) as SqliteQuestion;
process.stdout.write(await answer(question).catch(codeOf));
