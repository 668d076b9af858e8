import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : path.endsWith('.ts') ? [path] : [];
  });
}

const cited = new Set(
  sourceFiles(join(root, 'src')).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/RFC\s?(\d{3,5})/g)].map((match) => match[1]!),
  ),
);
const rows = [
  ...readFileSync(join(root, 'docs/reference/rfcs.md'), 'utf8').matchAll(
    /^\| (\d+) \| [^|]+ \| (\w+) \|([^|]*)\|$/gm,
  ),
].map(([, rfc, done, why]) => ({ rfc: rfc!, done: done!, why: why!.trim() }));

describe('the page of RFCs', () => {
  it('has a row for every RFC that the code cites', () => {
    const known = new Set(rows.map((row) => row.rfc));
    expect([...cited].filter((rfc) => !known.has(rfc))).toEqual([]);
  });

  it('has no row for an RFC that nothing cites', () => {
    expect(rows.map((row) => row.rfc).filter((rfc) => !cited.has(rfc))).toEqual([]);
  });

  it('says Yes, Partial or No, and why where it is not all', () => {
    expect(rows.filter(({ done }) => !['Yes', 'Partial', 'No'].includes(done))).toEqual([]);
    expect(rows.filter(({ done, why }) => done !== 'Yes' && why === '')).toEqual([]);
  });
});
