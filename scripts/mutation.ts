import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mutantsOf } from './mutants.ts';
import { type FileMutant, MutationCopy } from './mutation-copy.ts';
import type { Outcome } from './mutation-tests.ts';

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

const root = resolve(import.meta.dirname, '..');

interface Candidate extends FileMutant {
  /** Where it stands and what it is. */
  readonly name: string;
}

function candidates(files: readonly string[]): readonly Candidate[] {
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return mutantsOf(source).map((mutant) => {
      const column = mutant.start - source.lastIndexOf('\n', mutant.start - 1);
      return { file, source, mutant, name: `${file}:${mutant.line}:${column} ${mutant.text}` };
    });
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

const words: Readonly<Record<Outcome, string>> = {
  passed: 'SURVIVED',
  failed: 'killed  ',
  endless: 'endless ',
};

/** The mutants that a file of earlier results names as killed, with a line `outcome name` each. */
function readKilled(results: string | undefined): ReadonlySet<string> {
  if (results === undefined || !existsSync(results)) return new Set();
  const lines = readFileSync(results, 'utf8').split('\n');
  const killed = lines.filter((line) => !line.startsWith(words.passed));
  return new Set(killed.map((line) => line.slice(words.passed.length + 1)));
}

function choose(all: readonly Candidate[], { sample: count, offset, from }: Choice): readonly Candidate[] {
  const rest = all.slice(Number(from));
  return count === 'all' ? rest : sample(rest, Number(count), Number(offset));
}

interface Choice {
  readonly sample: string;
  readonly offset: string;
  readonly from: string;
}

interface RunChoice {
  /** How many rounds a mutant is put to at most. */
  readonly rounds: string;
  readonly results?: string | undefined;
}

/** Runs the mutants, and tells of each at once. @returns how many survived */
async function run(chosen: readonly Candidate[], { rounds, results }: RunChoice): Promise<number> {
  const copy = new MutationCopy();
  let survived = 0;
  try {
    for (const candidate of chosen) {
      const outcome = await copy.outcomeOf(candidate, Number(rounds));
      const line = `${words[outcome]} ${candidate.name}\n`;
      process.stdout.write(line);
      if (results !== undefined) appendFileSync(results, line);
      if (outcome === 'passed') survived += 1;
    }
  } finally {
    copy.remove();
  }
  return survived;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', multiple: true },
      from: { type: 'string', default: '0' },
      sample: { type: 'string', default: 'all' },
      offset: { type: 'string', default: '0' },
      rounds: { type: 'string', default: 'Infinity' },
      results: { type: 'string' },
    },
  });
  const files =
    values.file ??
    judged
      .flatMap((pattern) => globSync(pattern, { cwd: root }))
      .filter(isNoTest)
      .sort();
  const all = candidates(files);
  const known = readKilled(values.results);
  const chosen = choose(all, values).filter(({ name }) => !known.has(name));
  const survived = await run(chosen, values);
  process.stdout.write(
    `${chosen.length - survived} of ${chosen.length} mutants killed; there are ${all.length}\n`,
  );
  return survived > 0 ? 1 : 0;
}

function isNoTest(file: string): boolean {
  return !file.endsWith('.test.ts');
}

process.exitCode = await main();
