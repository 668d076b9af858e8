import { join } from 'node:path';
import { defaultsDir } from '../src/config/site.ts';
import { evaluateScenario } from '../src/scenario/evaluate.ts';
import type { Scenario } from '../src/scenario/syntax.ts';
import { OurDecisions } from '../test/interop/sympa-decisions.ts';
import { askers, sympaWorld } from '../test/interop/sympa-world.ts';
import { cpuNow } from '../test/kit/cpu-time.ts';
import { askSympa, hasSympa, type SympaQuestion, type SympaWorld } from '../test/kit/sympa.ts';

/** How often a second one question is decided. */
export interface ScenarioRow {
  readonly asker: string;
  readonly action: string;
  readonly oursPerSecond: number;
  /** Sympa's own Sympa::Scenario; undefined where it is not installed. */
  readonly sympaPerSecond: number | undefined;
}

/** How much is measured. */
export interface ScenarioBenchOptions {
  /** Decisions of ours in one round; Sympa makes a tenth of them. */
  readonly decisions?: number;
  /** The best round counts: other work on the machine only slows down. */
  readonly rounds?: number;
}

/**
 * Measures decisions of `send.private` by processor time on one core. On both sides the file is loaded before, people
 * stand in memory, and each decision has a context of its own; the scenario is the one that each ships.
 */
export async function benchScenario(options: ScenarioBenchOptions = {}): Promise<readonly ScenarioRow[]> {
  const { decisions = 200_000, rounds = 5 } = options;
  const world: SympaWorld = { ...sympaWorld([join(defaultsDir, 'scenari')]), blocklist: [] };
  const our = new OurDecisions(world);
  const scenario = our.scenario('send', 'private') as Scenario;
  const rows: ScenarioRow[] = [];
  for (const asker of ['subscriber', 'editor', 'owner', 'listmaster', 'stranger']) {
    const question = questionBy(askers[asker]!);
    const { decision } = await our.answer(question);
    const oursPerSecond = await best(rounds, () => decideOften(our, scenario, question, decisions));
    const sympaPerSecond = hasSympa()
      ? bySympa(question, decisions / 10, rounds, decision.action)
      : undefined;
    rows.push({ asker, action: decision.action, oursPerSecond, sympaPerSecond });
  }
  return rows;
}

function questionBy(sender: string): SympaQuestion {
  return { function: 'send', name: 'private', method: 'smtp', list: 'team', context: { sender } };
}

/** Decisions a second. */
async function decideOften(
  our: OurDecisions,
  scenario: Scenario,
  question: SympaQuestion,
  times: number,
): Promise<number> {
  const start = cpuNow();
  for (let i = 0; i < times; i++) await evaluateScenario(scenario, our.context(question), question.method);
  return (times * 1000) / (cpuNow() - start);
}

async function best(rounds: number, measure: () => Promise<number>): Promise<number> {
  let most = 0;
  for (let round = 0; round < rounds; round++) most = Math.max(most, await measure());
  return most;
}

/** Decisions a second of Sympa. */
function bySympa(question: SympaQuestion, times: number, rounds: number, action: string): number {
  const world = { ...sympaWorld(), blocklist: [] };
  const answers = askSympa(
    world,
    Array.from({ length: rounds }, () => ({ ...question, repeat: times })),
  );
  if (answers.some((answer) => answer.action !== action)) throw new Error('Sympa decides otherwise');
  return times / Math.min(...answers.map(({ seconds = Number.POSITIVE_INFINITY }) => seconds));
}
