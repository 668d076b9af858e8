import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutants.ts';

/** The files that decide what a message is worth, and what is decrypted. */
const judged = [
  'src/pki/path*.ts',
  'src/pki/revocation.ts',
  'src/cms/verify.ts',
  'src/cms/open.ts',
  'src/smime/open-*.ts',
  'src/smime/signed-layer.ts',
  'src/smime/signature-verdict.ts',
  'src/smime/header-from.ts',
];

/** Tests beside those of the folder that are about it. */
const more: Readonly<Record<string, readonly string[]>> = {
  'src/pki': ['test/corpora/pkits.test.ts'],
  'src/cms': [
    'test/interop/openssl-cms.test.ts',
    'test/interop/openssl-key-wrap.test.ts',
    'test/corpora/openssl-cms.test.ts',
    'test/corpora/cms-examples.test.ts',
  ],
  'src/smime': ['test/vectors', 'test/corpora/smime-header-protection.test.ts'],
};

/** Longest run of the tests for one mutant, in ms; one that is not over by then is killed. */
const maxTestMs = 180_000;

const root = resolve(import.meta.dirname, '..');

/** Copies what tests need, so that no mutant ever stands in the work tree. */
function makeCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-mutation-'));
  const copy = join(folder, 'main');
  for (const name of [
    'src',
    'test',
    'fuzz',
    'defaults',
    'docs',
    'scripts',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const shared = resolve(root, '../shared');
  if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'));
  return copy;
}

function passes(copy: string, tests: readonly string[]): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run', '--bail=1', ...tests], {
    cwd: copy,
    timeout: maxTestMs,
    killSignal: 'SIGKILL',
  });
  return run.status === 0;
}

/** The tests of a file: its own first, then those of its folder, then those about it. */
function roundsOf(copy: string, file: string): readonly (readonly string[])[] {
  const own = file.replace(/\.ts$/, '.test.ts');
  const folder = dirname(file);
  const rounds = [existsSync(join(copy, own)) ? [own] : [], [folder], more[folder] ?? []];
  return rounds.filter(({ length }) => length > 0);
}

/** Where tests fail without any mutant, every mutant would look killed. */
function demandPassing(copy: string, files: readonly string[]): void {
  const rounds = new Set(files.flatMap((file) => roundsOf(copy, file)).map((tests) => tests.join(' ')));
  for (const tests of rounds)
    if (!passes(copy, tests.split(' '))) throw new Error(`tests fail without a mutant: ${tests}`);
}

/** Tells whether tests notice a mutant. */
function isKilled(copy: string, file: string, source: string, mutant: Mutant): boolean {
  const path = join(copy, file);
  writeFileSync(path, source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end));
  const killed = roundsOf(copy, file).some((tests) => !passes(copy, tests));
  writeFileSync(path, source);
  return killed;
}

interface Candidate {
  readonly file: string;
  readonly source: string;
  readonly mutant: Mutant;
}

function candidates(files: readonly string[]): readonly Candidate[] {
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return mutantsOf(source).map((mutant) => ({ file, source, mutant }));
  });
}

/** Takes so many, spread evenly over all; another offset takes others. */
function sample<T>(all: readonly T[], count: number, offset: number): readonly T[] {
  if (count >= all.length) return all;
  return Array.from(
    { length: count },
    (_, index) => all[(Math.floor((index * all.length) / count) + offset) % all.length]!,
  );
}

function main(): number {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', multiple: true },
      sample: { type: 'string', default: 'all' },
      offset: { type: 'string', default: '0' },
    },
  });
  const files =
    values.file ??
    judged
      .flatMap((pattern) => globSync(pattern, { cwd: root }))
      .filter(isNoTest)
      .sort();
  const all = candidates(files);
  const chosen = values.sample === 'all' ? all : sample(all, Number(values.sample), Number(values.offset));
  const copy = makeCopy();
  try {
    demandPassing(copy, [...new Set(chosen.map(({ file }) => file))]);
    const survivors = chosen.filter(({ file, source, mutant }) => {
      const killed = isKilled(copy, file, source, mutant);
      process.stdout.write(`${killed ? 'killed  ' : 'SURVIVED'} ${file}:${mutant.line} ${mutant.text}\n`);
      return !killed;
    });
    const killed = chosen.length - survivors.length;
    process.stdout.write(`${killed} of ${chosen.length} mutants killed; there are ${all.length}\n`);
    return survivors.length > 0 ? 1 : 0;
  } finally {
    rmSync(dirname(copy), { recursive: true, force: true });
  }
}

function isNoTest(file: string): boolean {
  return !file.endsWith('.test.ts');
}

process.exitCode = main();
