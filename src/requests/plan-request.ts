import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import type { Decision, Explanation } from '../scenario/evaluate.ts';
import type { ActionName } from '../scenario/vocabulary.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import { askScenario } from './ask-scenario.ts';
import { formatCall, type RequestCall, understoodCall } from './call.ts';
import { listScenario, robotScenario } from './governed.ts';
import { holdForConfirmation, holdForOwners, type ToHold } from './hold-request.ts';
import { mayAskOwners, mayMail, mayRequest } from './limits.ts';
import type {
  Act,
  ListOperation,
  ListSituation,
  RequestParts,
  SiteOperation,
  Situation,
} from './operation.ts';
import { operations } from './operations.ts';
import { type RequestReport, refused, waiting } from './report.ts';
import type { Requester } from './requester.ts';

/** A request that was decided on, ready to be carried out within a transaction. */
export interface PlannedRequest {
  /** The command, for the report. */
  readonly command: string;
  readonly perform: Act;
}

type AnyListOperation = ListOperation<{ readonly list: string }>;
type AnySiteOperation = SiteOperation<unknown>;

/**
 * Decides on a request: its arguments, its list, then its scenario, once. What is to be done, kept or told comes with the
 * plan, and changes nothing before it is performed.
 */
export async function planRequest(
  call: RequestCall,
  requester: Requester,
  parts: RequestParts,
): Promise<PlannedRequest> {
  const operation = operations[call.name] as AnyListOperation | AnySiteOperation;
  const known = understoodCall(call);
  const parsed = operation.arguments.safeParse(call.arguments);
  // What is not understood is not repeated: the From field may name somebody who wrote nothing.
  if (!parsed.success || !known)
    return { command: operation.word, perform: always(refused('bad-arguments')) };
  const command = formatCall(known);
  const perform =
    operation.scope === 'list'
      ? await planOnList(operation, known, parsed.data as { readonly list: string }, requester, parts)
      : await planOnSite(operation, known, parsed.data, requester, parts);
  return { command, perform: carriesKey(operation) ? perform : limited(perform, requester, parts) };
}

/** A key is worth more than a From field. */
function carriesKey({ order }: AnyListOperation | AnySiteOperation): boolean {
  return (order as readonly string[]).includes('key');
}

function limited(perform: Act, requester: Requester, parts: RequestParts): Act {
  return async (tx) =>
    (await mayRequest(tx, requester, parts)) ? perform(tx) : refused('too-many-requests');
}

async function planOnList(
  operation: AnyListOperation,
  call: RequestCall,
  args: { readonly list: string },
  requester: Requester,
  parts: RequestParts,
): Promise<Act> {
  const { robot } = requester;
  const name = args.list.includes('@') ? args.list : `${args.list}@${robot.domain}`;
  const list = await parts.lists.find(name);
  if (!list) return always(refused('no-such-list', { values: { list: name } }));
  const values = { list: list.address };
  if (list.status === 'error_config') return always(refused('list-unusable', { values }));
  if (list.status !== 'open' && !operation.onClosedLists) return always(refused('list-not-open', { values }));
  const situation: ListSituation = {
    parts,
    requester,
    robot: list.robot,
    list,
    modifiers: [],
  };
  if (isDecided(requester)) return operation.prepare(args, situation);
  const about = operation.about?.(args) ?? requester.sender;
  const asked: Asked = {
    call,
    list,
    about,
    situation,
    prepare: (wanted) => operation.prepare(args, { ...situation, ...wanted }),
    pointless: () => operation.pointless?.(args, situation),
  };
  const { governedBy } = operation;
  if (operation.needsProof && requester.method === 'smtp') return askToConfirm(confirmBySender, asked);
  if (governedBy !== null)
    return actOf(
      await askScenario(
        { function: governedBy, scenario: listScenario(governedBy, list), where: list, about },
        situation,
      ),
      asked,
    );
  return operation.prepare(args, situation);
}

/** The operator of the site, and an owner who approved, decide themselves. */
function isDecided({ channel, approvedBy }: Requester): boolean {
  return channel === 'command-line' || approvedBy !== undefined;
}

async function planOnSite(
  operation: AnySiteOperation,
  call: RequestCall,
  args: unknown,
  requester: Requester,
  parts: RequestParts,
): Promise<Act> {
  const { robot } = requester;
  const situation = { parts, requester, robot, modifiers: [] };
  if (isDecided(requester)) return operation.prepare(args, situation);
  const about = operation.about?.(args) ?? requester.sender;
  const asked: Asked = {
    call,
    list: undefined,
    about,
    situation,
    prepare: (wanted) => operation.prepare(args, { ...situation, ...wanted }),
    pointless: () => operation.pointless?.(args, situation),
  };
  if (operation.needsProof && requester.method === 'smtp') return askToConfirm(confirmBySender, asked);
  const { governedBy } = operation;
  if (governedBy === null) return operation.prepare(args, situation);
  const currentEmail = operation.currentEmail?.(args, requester);
  const question = { function: governedBy, scenario: robotScenario(governedBy, robot), where: robot, about };
  return actOf(
    await askScenario({ ...question, ...(currentEmail !== undefined && { currentEmail }) }, situation),
    asked,
  );
}

/** What the actions of a scenario need. */
interface Asked {
  readonly call: RequestCall;
  readonly list: List | undefined;
  /** The address that the request is about. */
  readonly about: string;
  readonly situation: { readonly parts: RequestParts; readonly requester: Requester };
  prepare(wanted: Pick<Situation, 'modifiers' | 'forListmaster'>): Promise<Act>;
  pointless(): Promise<RequestReport | undefined> | undefined;
}

/** As a rule `request_auth` would say it. */
const confirmBySender: Decision = { action: 'request_auth', modifiers: [], reason: null, template: null };

type Action = (decision: Decision, asked: Asked) => Promise<Act>;

/** What each action makes of a request; one that the function does not know refuses. */
const actions: Readonly<Partial<Record<ActionName, Action>>> = {
  do_it: async ({ modifiers }, { prepare }) => prepare({ modifiers }),
  listmaster: async ({ modifiers }, { prepare }) => prepare({ modifiers, forListmaster: true }),
  request_auth: askToConfirm,
  owner: askOwners,
};

async function actOf({ decision, function: name }: Explanation, asked: Asked): Promise<Act> {
  const action = actions[decision.action];
  // Only a list to be made can wait for a listmaster.
  if (action && (decision.action !== 'listmaster' || name === 'create_list')) return action(decision, asked);
  const { reason, modifiers } = decision;
  return always(
    refused('scenario-rejects', {
      reason: reason ?? 'default',
      ...(modifiers.includes('quiet') && { isQuiet: true as const }),
    }),
  );
}

async function askToConfirm(decision: Decision, asked: Asked): Promise<Act> {
  const { situation, about, list, call } = asked;
  const { requester, parts } = situation;
  const address = decision.requestAuthFrom === 'email' ? about : requester.sender;
  if (requester.confirmedBy === address || address === 'nobody') return always(refused('confirmation-again'));
  // Who confirms for somebody else learns what came of it as whoever the scenario lets act for others does.
  const vain = address === about ? await asked.pointless() : undefined;
  if (vain && about === requester.sender) return always(vain);
  return async (tx) => {
    const isSent = vain
      ? await tellInVain(tx, vain, asked)
      : await holdForConfirmation(tx, heldOf(call), { list, requester, address }, parts);
    // Whoever asks for somebody else is told the same in every case: the answer gives away nothing about that person.
    if (!isSent && address === requester.sender) return refused('too-many-requests');
    return waiting('confirmation-asked', { values: { address, command: formatCall(call) } });
  };
}

async function askOwners(decision: Decision, asked: Asked): Promise<Act> {
  const { situation, list, call, about } = asked;
  if (!list) return always(refused('scenario-rejects', { reason: 'default' }));
  const { requester, parts } = situation;
  const vain = await asked.pointless();
  if (vain && about === requester.sender) return always(vain);
  const quiet = decision.modifiers.includes('quiet');
  return async (tx) => {
    const fits =
      (vain ? await tellInVain(tx, vain, asked) : await mayMail(tx, about, parts)) &&
      (await mayAskOwners(tx, list.address, parts));
    if (!fits) return refused('too-many-requests');
    if (!vain) await holdForOwners(tx, heldOf(call), { list, requester, about }, parts);
    return waiting('owners-asked', {
      values: { list: list.address, command: formatCall(call) },
      ...(quiet && { isQuiet: true as const }),
    });
  };
}

/**
 * A request that would change nothing asks nobody. Who asked for somebody else gets the answer that everybody gets, and
 * the person concerned a notice: whether an address is subscribed is not told to strangers.
 *
 * @returns false when too many mails went to that address lately; none goes then
 */
async function tellInVain(
  tx: Repositories,
  { code }: RequestReport,
  { about, situation, list, call }: Asked,
): Promise<boolean> {
  const { requester, parts } = situation;
  if (!(await mayMail(tx, about, parts))) return false;
  await enqueueServiceMail(tx, `vain-request ${newId(parts.clock.now())}`, {
    template: 'vain-request',
    list: list?.address ?? '',
    to: [about],
    variables: { command: formatCall(call), code, requestedBy: requester.sender },
  });
  return true;
}

function always(report: RequestReport): Act {
  return async () => report;
}

function heldOf(call: RequestCall): ToHold {
  return { call, command: formatCall(call) };
}
