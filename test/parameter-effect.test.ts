import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listSchema } from '../src/config/list-parameters.ts';
import { infoOf, type ParameterShape } from '../src/config/parameter.ts';
import { siteSchema } from '../src/config/site-parameters.ts';

const src = resolve(import.meta.dirname, '../src');

/** Where parameters are only listed, not looked at. */
const tables = /config\/(parameters\/|site-parameters|list-parameters|reference)/;

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') && !tables.test(path) ? [path] : [];
  });
}

/** Names that the code takes out of a `conf` or `config`, by a dot or by destructuring. */
function namesUsed(text: string): readonly string[] {
  const dotted = [...text.matchAll(/\b(?:conf|config)\??\.(\w+)/g)].map((match) => match[1]!);
  const patterns = text.matchAll(/\{([^{}]*)\}\s*(?::[^=;]*)?=\s*[\w.!?]*\b(?:conf|config)\b/g);
  const taken = [...patterns].flatMap((match) =>
    match[1]!.split(',').map((part) => part.trim().split(/[\s:=]/)[0]!),
  );
  return [...dotted, ...taken];
}

const used = new Set(sourceFiles(src).flatMap((file) => namesUsed(readFileSync(file, 'utf8'))));

/** Names of a schema by whether the reference says that they have an effect. */
function claimed(shape: ParameterShape, hasEffect: boolean): readonly string[] {
  return Object.keys(shape).filter((name) => (infoOf(shape[name]!).effect === undefined) === hasEffect);
}

describe.each([
  ['sympa.conf', siteSchema.shape as ParameterShape],
  ['the config of a list', listSchema.shape as ParameterShape],
])('what the reference says of %s', (_file, shape) => {
  it('claims an effect only for parameters that the code looks at', () => {
    expect(claimed(shape, true).filter((name) => !used.has(name))).toEqual([]);
  });

  it('says "no effect yet" only of parameters that the code does not look at', () => {
    expect(claimed(shape, false).filter((name) => used.has(name))).toEqual([]);
  });
});
