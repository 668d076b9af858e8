import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Mutant } from './mutants.ts';
import { type Outcome, TestRunner } from './mutation-tests.ts';

const pathTests = ['path', 'path-rules', 'revocation', 'crl-signers', 'dsa-parameters'].map(
  (name) => `src/pki/${name}.test.ts`,
);

/** The tests of each folder, the narrowest first: only what survives a round is put to the next. */
const folderRounds: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'src/pki': [
    pathTests,
    ['test/corpora/pkits.test.ts'],
    ['test/vectors', 'test/corpora/x509.test.ts', 'test/interop/path-openssl.test.ts'],
  ],
  'src/cms': [
    ['src/cms'],
    ['test/corpora/openssl-cms.test.ts', 'test/corpora/cms-examples.test.ts'],
    ['test/vectors', 'test/interop/openssl-cms.test.ts', 'test/interop/openssl-key-wrap.test.ts'],
  ],
  'src/smime': [['src/smime'], ['test/vectors'], ['test/corpora/smime-', 'test/corpora/rfc4134.test.ts']],
};

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

/** The tests of a file: its own first, then those of its folder, then those about it. */
function roundsOf(copy: string, file: string): readonly (readonly string[])[] {
  const own = file.replace(/\.ts$/, '.test.ts');
  const rounds = folderRounds[dirname(file)] ?? [];
  const others = rounds.map((tests) => tests.filter((test) => test !== own));
  return existsSync(join(copy, own)) ? [[own], ...others] : others;
}

/** A mutant of a file. */
export interface FileMutant {
  /** From the root of the tree. */
  readonly file: string;
  readonly source: string;
  readonly mutant: Mutant;
}

/** A copy of the tree in which mutants are put to the tests. */
export class MutationCopy {
  readonly #folder = makeCopy();
  readonly #tests = new TestRunner(this.#folder);
  /** Rounds that are known to pass without a mutant. */
  readonly #proven = new Set<string>();

  /**
   * Puts a mutant to one round after the other, until one notices it.
   *
   * @param rounds how many at most
   */
  async outcomeOf({ file, source, mutant }: FileMutant, rounds: number): Promise<Outcome> {
    const path = join(this.#folder, file);
    for (const tests of roundsOf(this.#folder, file).slice(0, rounds)) {
      await this.#demandPassing(file, tests);
      writeFileSync(path, source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end));
      const outcome = await this.#tests.run({ file, tests });
      writeFileSync(path, source);
      if (outcome !== 'passed') return outcome;
    }
    return 'passed';
  }

  /** Ends what runs in it, and removes it. */
  remove(): void {
    this.#tests.close();
    rmSync(dirname(this.#folder), { recursive: true, force: true });
  }

  /** Where tests fail without any mutant, every mutant would look killed. */
  async #demandPassing(file: string, tests: readonly string[]): Promise<void> {
    const name = tests.join(' ');
    if (this.#proven.has(name)) return;
    const outcome = await this.#tests.run({ file, tests });
    if (outcome !== 'passed') throw new Error(`tests fail without a mutant: ${name}`);
    this.#proven.add(name);
  }
}
