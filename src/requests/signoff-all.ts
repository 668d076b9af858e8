import { z } from 'zod';
import type { List } from '../lists/list.ts';
import type { Repositories } from '../store/store.ts';
import { type AnswerTexts, answerTexts } from './answer-texts.ts';
import { askScenario } from './ask-scenario.ts';
import { listScenario } from './governed.ts';
import { holdForConfirmation, holdForOwners } from './hold-request.ts';
import { mayMail } from './limits.ts';
import { leaveAct } from './membership.ts';
import { type Act, type Situation, siteOperation } from './operation.ts';
import { done, type ReportCode, type RequestReport, refused, waiting } from './report.ts';
import { signoff } from './signoff.ts';
import { subscriptionsIn } from './subscriptions.ts';

/** More lists than anybody reads; whoever has more sends the command again. */
const maxLists = 500;

/**
 * Ends all subscriptions of the sender in the domain, each as its own scenario says. Those that ask for a confirmation wait
 * for one key together, which is good for just these lists.
 */
export const signoffAll = siteOperation({
  word: 'SIGNOFF *',
  order: [],
  governedBy: null,
  /** `lists`: addresses with blanks between, when a key is for these only. */
  arguments: z.strictObject({ lists: z.string().max(200_000).optional() }),
  prepare: async ({ lists: named }, situation) => {
    const { sender } = situation.requester;
    const among = named === undefined ? undefined : new Set(named.split(' '));
    const all = (await subscriptionsIn(situation, sender)).map(({ list }) => list);
    const meant = all.filter(({ address }) => among?.has(address) ?? true);
    const plans: Plan[] = [];
    for (const list of meant.slice(0, maxLists)) plans.push(await planFor(list, situation));
    const texts = await answerTexts(situation);
    return async (tx) => {
      const outcomes = [
        ...(await leave(tx, plans)),
        ...(await holdForSender(tx, plans, situation)),
        ...(await askOwners(tx, plans, situation)),
        ...plans.flatMap((plan): Outcome[] => (plan.kind === 'refused' ? [plan.outcome] : [])),
      ];
      return reportOf(outcomes, meant.length - plans.length, situation, texts);
    };
  },
});

/** What is to be done about one list. */
type Plan =
  | { readonly kind: 'leave'; readonly list: List; readonly act: Act }
  | { readonly kind: 'confirm' | 'owners'; readonly list: List }
  | { readonly kind: 'refused'; readonly list: List; readonly outcome: Outcome };

/** What came of one list. */
interface Outcome {
  readonly list: string;
  readonly code: ReportCode;
  readonly reason?: string;
}

async function planFor(list: List, situation: Situation): Promise<Plan> {
  const { requester } = situation;
  const refusedFor = (code: ReportCode, reason?: string): Plan => ({
    kind: 'refused',
    list,
    outcome: { list: list.address, code, ...(reason !== undefined && { reason }) },
  });
  if (list.status === 'error_config') return refusedFor('list-unusable');
  const leaving = (modifiers: Situation['modifiers']): Plan => {
    const where = { ...situation, robot: list.robot, list, modifiers };
    return { kind: 'leave', list, act: leaveAct({ address: requester.sender, code: 'signed-off' }, where) };
  };
  if (requester.channel === 'command-line') return leaving(situation.modifiers);
  const scenario = listScenario('unsubscribe', list);
  const question = { function: 'unsubscribe', scenario, where: list, about: requester.sender };
  const { decision } = await askScenario(question, situation);
  if (decision.action === 'do_it') return leaving(decision.modifiers);
  if (decision.action === 'owner') return { kind: 'owners', list };
  if (decision.action !== 'request_auth') return refusedFor('scenario-rejects', decision.reason ?? 'default');
  return requester.confirmedBy === requester.sender
    ? refusedFor('confirmation-again')
    : { kind: 'confirm', list };
}

async function leave(tx: Repositories, plans: readonly Plan[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const plan of plans)
    if (plan.kind === 'leave') outcomes.push({ list: plan.list.address, code: (await plan.act(tx)).code });
  return outcomes;
}

async function holdForSender(
  tx: Repositories,
  plans: readonly Plan[],
  { requester, parts }: Situation,
): Promise<readonly Outcome[]> {
  const lists = plans.filter(({ kind }) => kind === 'confirm').map(({ list }) => list.address);
  if (lists.length === 0) return [];
  const call = { name: 'signoff-all', arguments: { lists: lists.join(' ') } };
  const where = { list: undefined, requester, address: requester.sender };
  const isSent = await holdForConfirmation(tx, { call, command: signoffAll.word }, where, parts);
  const code = isSent ? 'confirmation-asked' : 'too-many-requests';
  return lists.map((list) => ({ list, code }));
}

async function askOwners(
  tx: Repositories,
  plans: readonly Plan[],
  { requester, parts }: Situation,
): Promise<readonly Outcome[]> {
  const lists = plans.filter(({ kind }) => kind === 'owners').map(({ list }) => list);
  if (lists.length === 0) return [];
  // One command counts once, however many lists it is about.
  const fits = await mayMail(tx, requester.sender, parts);
  if (fits)
    for (const list of lists) {
      const call = { name: 'signoff', arguments: { list: list.address } };
      const command = `${signoff.word} ${list.address}`;
      await holdForOwners(tx, { call, command }, { list, requester, about: requester.sender }, parts);
    }
  const code = fits ? 'owners-asked' : 'too-many-requests';
  return lists.map(({ address }) => ({ list: address, code }));
}

function reportOf(
  outcomes: readonly Outcome[],
  left: number,
  { requester, robot }: Situation,
  texts: AnswerTexts,
): RequestReport {
  const { sender: address } = requester;
  const of = (code: ReportCode) => outcomes.filter((one) => one.code === code).map(({ list }) => list);
  const ended = of('signed-off');
  const answer = [
    ...outcomes.filter(({ code }) => code !== 'signed-off').map((outcome) => lineOf(outcome, texts)),
    ...(left > 0 ? [texts.line('signoff-left', { count: left })] : []),
  ];
  if (outcomes.length === 0) return refused('not-subscribed', { values: { address, list: robot.domain } });
  if (ended.length > 0)
    return done('signed-off-all', { values: { address, lists: ended.join(', ') }, answer });
  if (of('confirmation-asked').length > 0)
    return waiting('confirmation-asked', { values: { address, command: signoffAll.word }, answer });
  const asked = of('owners-asked');
  if (asked.length > 0) return waiting('owners-asked', { values: { list: asked.join(', ') }, answer });
  if (of('too-many-requests').length > 0) return refused('too-many-requests', { answer });
  return refused('scenario-rejects', { reason: 'default', answer });
}

function lineOf({ list, code, reason }: Outcome, { line, reason: reasonText }: AnswerTexts): string {
  return code === 'scenario-rejects'
    ? line('signoff-refused', { list, reason: reasonText(reason) })
    : line(`signoff-${code}`, { list });
}
