import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

const foundation = ['errors', 'clock', 'log', 'files', 'secrets'];

/** What each folder of `src/` may import, by ARCHITECTURE.md. A folder that stands not here may not exist. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  mime: ['errors'],
  pki: ['errors'],
  scenario: ['errors'],
  config: foundation,
  cms: ['pki', 'errors'],
  smtp: [...foundation, 'mime'],
  directory: [...foundation, 'config'],
  fetching: [...foundation, 'config'],
  smime: ['mime', 'pki', 'cms', 'errors'],
  store: [...foundation, 'config'],
  message: [...foundation, 'mime', 'smime', 'scenario'],
  lists: [...foundation, 'store', 'config', 'scenario', 'mime', 'directory', 'fetching'],
  trust: [...foundation, 'pki', 'smime', 'mime', 'store', 'config', 'directory', 'fetching'],
  templates: [...foundation, 'mime', 'config'],
  intake: [...foundation, 'smtp', 'message', 'lists', 'store', 'mime', 'config'],
  delivery: [
    ...foundation,
    'lists',
    'trust',
    'smime',
    'pki',
    'templates',
    'smtp',
    'store',
    'message',
    'mime',
    'config',
  ],
  requests: [
    ...foundation,
    'delivery',
    'lists',
    'trust',
    'smime',
    'pki',
    'scenario',
    'templates',
    'store',
    'message',
    'mime',
    'config',
  ],
  commands: [...foundation, 'requests', 'message', 'mime'],
  pipeline: [
    ...foundation,
    'commands',
    'requests',
    'delivery',
    'smime',
    'pki',
    'trust',
    'lists',
    'scenario',
    'templates',
    'store',
    'message',
    'mime',
    'smtp',
    'config',
  ],
};
const belowWeb = [...Object.keys(mayImport), ...foundation];
const above: Readonly<Record<string, readonly string[]>> = {
  tasks: belowWeb,
  web: belowWeb,
  daemon: [...belowWeb, 'tasks', 'web'],
  cli: [...belowWeb, 'tasks', 'web', 'daemon'],
  errors: [],
  clock: [],
  log: [],
  files: ['secrets'],
  secrets: [],
};
const table = { ...mayImport, ...above };

/** Folders that do no I/O: they may name built-ins that only compute, and only `pki` and `cms` may. */
const builtinsOfPure: Readonly<Record<string, readonly string[]>> = {
  mime: [],
  pki: ['node:crypto'],
  cms: ['node:crypto', 'node:zlib'],
  smime: [],
  scenario: [],
};

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
  it('knows every folder and every loose file of src', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in table))).toEqual([]);
  });

  it('lets imports point one way only', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const from = roomOf(join(src, file));
      const to = roomOf(resolve(src, dirname(file), specifier));
      return from !== to && !(table[from as keyof typeof table] as readonly string[]).includes(to);
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
