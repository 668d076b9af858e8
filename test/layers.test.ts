import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** Folders that do no I/O: they may name built-ins that only compute, and only `pki` and `cms` may. */
const builtinsOfPure: Readonly<Record<string, readonly string[]>> = {
  mime: [],
  pki: ['node:crypto'],
  cms: ['node:crypto', 'node:zlib'],
  smime: [],
  scenario: [],
};

/** Rows of the table in ARCHITECTURE.md: a line, the folders and files that stand there, and what they may import. */
const rows = [...architecture().matchAll(/^\| (\d+) \| ((?:`[a-z]+` ?)+) \| ([^|]+) \|$/gm)].map((match) => ({
  line: Number(match[1]),
  rooms: match[2]!.match(/[a-z]+/g)!,
  mayImport: match[3]!,
}));

const foundation = roomsUpTo(0);

function architecture(): string {
  return readFileSync(resolve(src, '../ARCHITECTURE.md'), 'utf8');
}

function roomsUpTo(line: number): readonly string[] {
  return rows.filter((row) => row.line <= line).flatMap(({ rooms }) => rooms);
}

/** A folder that stands not here may not exist. */
const table = new Map(
  rows.flatMap((row) => row.rooms.map((room) => [room, roomsOpenTo(room, row)] as const)),
);

function roomsOpenTo(
  room: string,
  { line, mayImport }: { readonly line: number; readonly mayImport: string },
): readonly string[] {
  if (mayImport === 'everything above') return roomsUpTo(line - 1);
  const named = mayImport.startsWith('nothing') ? [] : mayImport.split(', ');
  return line === 0 || room in builtinsOfPure ? named : [...foundation, ...named];
}

const forbiddenNames = /^(utils?|helpers?|common|types|interfaces|index)\.ts$/;

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => ({ file: relative(src, path), specifier: match[1]! }));
}

function roomOf(path: string): string {
  return relative(src, path).split('/')[0]!.replace(/\.ts$/, '');
}

const files = sourceFiles(src);
const imports = files.flatMap(importsOf);

describe('the layers of the house', () => {
  it('stand in the table of ARCHITECTURE.md, each above those that may import it', () => {
    const lineOf = new Map(rows.flatMap(({ line, rooms }) => rooms.map((room) => [room, line] as const)));
    expect(lineOf.size).toBe(rows.flatMap(({ rooms }) => rooms).length);
    const wrong = [...table].flatMap(([room, open]) =>
      open.filter((other) => !(lineOf.get(other)! < lineOf.get(room)!)).map((other) => `${room} ${other}`),
    );
    expect(wrong).toEqual(['files secrets']);
  });

  it('knows every folder and every loose file of src', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual([...table.keys()].sort());
  });

  it('lets imports point one way only', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const from = roomOf(join(src, file));
      const to = roomOf(resolve(src, dirname(file), specifier));
      return from !== to && !table.get(from)?.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the pure folders free of input and output', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const allowed = builtinsOfPure[roomOf(join(src, file))];
      return allowed !== undefined && specifier.startsWith('node:') && !allowed.includes(specifier);
    });
    expect(wrong).toEqual([]);
  });

  it('leaves node:crypto to pki, cms and the secrets', () => {
    const rooms = imports
      .filter(({ specifier }) => specifier === 'node:crypto')
      .map(({ file }) => roomOf(join(src, file)));
    expect([...new Set(rooms)].filter((room) => !['pki', 'cms', 'secrets'].includes(room))).toEqual([]);
  });

  it('has no cycles', () => {
    const graph = new Map<string, string[]>();
    for (const { file, specifier } of imports) {
      if (!specifier.startsWith('.')) continue;
      const to = relative(src, resolve(src, dirname(file), specifier));
      graph.set(file, [...(graph.get(file) ?? []), to]);
    }
    expect(findCycle(graph)).toBeUndefined();
  });

  it('has no file named after nothing in particular', () => {
    expect(files.filter((path) => forbiddenNames.test(path.split('/').at(-1)!))).toEqual([]);
  });
});

function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}
