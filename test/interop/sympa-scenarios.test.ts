import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultsDir } from '../../src/config/site.ts';
import { ScenarioError } from '../../src/scenario/error.ts';
import { askSympa, hasSympa, type SympaWorld, sympaScenarios } from '../kit/sympa.ts';
import { type Compared, comparedOurs, comparedSympa, OurDecisions } from './sympa-decisions.ts';
import { probes } from './sympa-probes.ts';
import { type AskedQuestion, questionsOf } from './sympa-questions.ts';
import {
  ownFileDifferences,
  probeDifferences,
  type ScenarioDifference,
  sameFileDifferences,
} from './sympa-scenario-differences.ts';
import { sympaWorld } from './sympa-world.ts';

const methods = ['smtp', 'md5', 'smime'] as const;
const ownFolder = join(defaultsDir, 'scenari');

/** A difference in one line, as the tables say it. */
function lineOf(file: string, sympa: string, ours: string): string {
  return `${file}: ${sympa} in Sympa, ${ours} here`;
}

function linesOf(table: readonly ScenarioDifference[]): readonly string[] {
  return table.flatMap(({ of, sympa, ours }) => of.map((file) => lineOf(file, sympa, ours))).sort();
}

/** Every kind of difference, with one question that shows it. */
async function differences(
  asked: readonly AskedQuestion[],
  theirs: readonly Compared[],
  world: SympaWorld,
  compareConditions: boolean,
): Promise<ReadonlyMap<string, string>> {
  const our = new OurDecisions(world);
  const seen = new Map<string, string>();
  for (const [index, { file, words, question }] of asked.entries()) {
    const ours = comparedOurs(await our.answer(question));
    const sympa = theirs[index]!;
    if (ours.decision !== sympa.decision) seen.set(lineOf(file, sympa.decision, ours.decision), words);
    else if (compareConditions && ours.condition !== sympa.condition)
      seen.set(lineOf(file, `by ${sympa.condition}`, `by ${ours.condition}`), words);
  }
  return seen;
}

/** A difference that no row explains is told with a question; a row without a difference is told too. */
function expectOnly(seen: ReadonlyMap<string, string>, table: readonly ScenarioDifference[]): void {
  const explained = new Set(linesOf(table));
  const unexplained = [...seen]
    .filter(([line]) => !explained.has(line))
    .map(([line, words]) => `${line}: ${words}`);
  const gone = [...explained].filter((line) => !seen.has(line));
  expect({ unexplained, gone }).toEqual({ unexplained: [], gone: [] });
}

describe.skipIf(!hasSympa())('the scenarios of Sympa, asked of its own modules and of ours', () => {
  let asked: readonly AskedQuestion[];
  let theirs: readonly Compared[];

  beforeAll(() => {
    const world = sympaWorld();
    asked = questionsOf(sympaScenarios(), Object.keys(world.messages));
    const questions = asked.map(({ question }) => question);
    theirs = askSympa(world, questions).map(comparedSympa);
  }, 120_000);

  it('all parse', () => {
    const our = new OurDecisions(sympaWorld());
    const files = readdirSync(sympaScenarios());
    const faulty = files.filter((file) => {
      const dot = file.indexOf('.');
      const scenario = our.scenario(file.slice(0, dot), file.slice(dot + 1));
      return scenario === undefined || scenario instanceof ScenarioError;
    });
    expect(files.length).toBeGreaterThan(100);
    expect(faulty).toEqual([]);
  });

  it('are asked in full: every action comes, and every file with every method', () => {
    const actions = new Set(theirs.map(({ decision }) => decision.split(/[(,]/)[0]));
    expect([...actions].sort()).toEqual([
      'do_it',
      'editor',
      'editorkey',
      'ham',
      'listmaster',
      'owner',
      'reject',
      'request_auth',
      'spam',
      'unsure',
    ]);
    const files = new Set(asked.map(({ file, question }) => `${file} ${question.method}`));
    expect(files.size).toBe(readdirSync(sympaScenarios()).length * methods.length);
    expect(asked.length).toBeGreaterThan(20_000);
  });

  it('decide alike by the same rule, but for what the table says', async () => {
    expectOnly(await differences(asked, theirs, sympaWorld(), true), sameFileDifferences);
  }, 60_000);

  it('decide as ours of the same name do, but for what the table says', async () => {
    const own = new Set(readdirSync(ownFolder));
    const both = asked.flatMap((question, index) =>
      own.has(question.file) ? [[question, theirs[index]!] as const] : [],
    );
    const files = new Set(both.map(([{ file }]) => file));
    expect(files.size).toBeGreaterThan(90);
    const seen = await differences(
      both.map(([question]) => question),
      both.map(([, answer]) => answer),
      sympaWorld([ownFolder]),
      false,
    );
    expectOnly(seen, ownFileDifferences);
  }, 60_000);
});

describe.skipIf(!hasSympa())('lines of the language, asked of Sympa and of ours', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-probes-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('mean the same, but for what the table says', async () => {
    const world = sympaWorld([folder]);
    const asked = probes.flatMap((probe, index) => {
      const whole = probe.includes(' -> ') || probe === 'hello world';
      writeFileSync(
        join(folder, `send.p${index}`),
        whole ? `${probe}\n` : `${probe} smtp,md5,smime -> do_it\n`,
      );
      return methods.map((method) => probeQuestion(probe, index, method));
    });
    const questions = asked.map(({ question }) => question);
    const theirs = askSympa(world, questions).map(comparedSympa);
    expectOnly(await differences(asked, theirs, world, false), probeDifferences);
  }, 60_000);
});

function probeQuestion(probe: string, index: number, method: (typeof methods)[number]): AskedQuestion {
  const context = {
    sender: 'subscriber@example.org',
    email: 'both@example.org',
    subscriber: { date: '1000000000', reception: 'mail' },
  };
  const asked = { function: 'send', name: `p${index}`, method, list: 'team', context };
  return { file: probe, words: method, question: { ...asked, message: 'probed', remote_addr: '10.1.2.3' } };
}
