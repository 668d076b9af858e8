import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Gives the paths that a page links to, without those of the web. */
function linksOf(page: string): readonly { readonly path: string; readonly anchor: string | undefined }[] {
  const targets = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path, anchor] = target.split('#') as [string, string?];
      return { path: path === '' ? page : relative(root, resolve(root, dirname(page), path)), anchor };
    });
}

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(page: string): readonly string[] {
  return [...text(page).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!));
}

const docs = filesBelow('docs', '.md');
const pages = [...docs, ...readdirSync(root).filter((name) => name.endsWith('.md'))];

describe('the documentation', () => {
  it('has every page named in docs/README.md', () => {
    const linked = linksOf('docs/README.md').map(({ path }) => path);
    expect(docs.filter((page) => page !== 'docs/README.md' && !linked.includes(page))).toEqual([]);
  });

  it('links to nothing that is not there', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(
          ({ path, anchor }) =>
            !existsSync(join(root, path)) ||
            (anchor !== undefined && path.endsWith('.md') && !anchorsIn(path).includes(anchor)),
        )
        .map((link) => ({ page, ...link })),
    );
    expect(broken).toEqual([]);
  });
});

describe('the page of dependencies', () => {
  const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> };
  const rows = new Map(
    [...text('docs/explanation/dependencies.md').matchAll(/^\| `([^`]+)` \|.*\| ([^|]+) \|$/gm)].map(
      ([, name, touches]) => [name!, [...touches!.matchAll(/`(src\/[^`]+)`/g)].map((match) => match[1]!)],
    ),
  );
  const sources = filesBelow('src', '.ts').filter((path) => !path.endsWith('.test.ts'));
  const importing = (name: string) =>
    sources.filter((path) => new RegExp(`(?:from|import) ?\\(?'${name}(?:/[^']*)?'`).test(text(path)));

  it('has a row for each, and for no other', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(dependencies).sort());
  });

  it.each(Object.keys(dependencies))('says where %s is imported, and nowhere else', (name) => {
    const named = rows.get(name) ?? [];
    const files = importing(name);
    const isIn = (file: string, place: string) =>
      place.endsWith('/') ? file.startsWith(place) : file === place;
    expect(files.filter((file) => !named.some((place) => isIn(file, place)))).toEqual([]);
    expect(named.filter((place) => !files.some((file) => isIn(file, place)))).toEqual([]);
  });
});
