/**
 * The process that reads rows of a SQLite database: a question comes as JSON; each row goes back as a line of JSON, then
 * `end`, or `SQLite` and the code of a failure.
 */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { SqliteRowsQuestion } from './sqlite-rows.ts';

const busyMs = 10_000;
const rowsAtOnce = 1_000;

async function write(piece: string): Promise<void> {
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
}

async function answer({ file, statement }: SqliteRowsQuestion): Promise<string> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(file, { readOnly: true, timeout: busyMs });
  const prepared = database.prepare(statement);
  prepared.setReadBigInts(true);
  prepared.setReturnArrays(true);
  let lines: string[] = [];
  for (const row of prepared.iterate() as unknown as Iterable<readonly unknown[]>) {
    lines.push(`${JSON.stringify(row.slice(0, 2).map(textOf))}\n`);
    if (lines.length < rowsAtOnce) continue;
    await write(lines.join(''));
    lines = [];
  }
  return `${lines.join('')}end\n`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return value instanceof Uint8Array ? '(bytes)' : String(value);
}

/** Never the text of the failure: it may quote values. */
function codeOf(error: unknown): string {
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown };
  return `SQLite ${String(errcode ?? code ?? 'failure')}\n`;
}

const question = JSON.parse(await text(process.stdin)) as SqliteRowsQuestion;
await write(await answer(question).catch(codeOf));
