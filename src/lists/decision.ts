import type { Clock } from '../clock.ts';
import type { Robot } from '../config/site.ts';
import type { Log } from '../log.ts';
import { parseAddressList } from '../mime/address.ts';
import type { EvaluationContext, MessageSecurity } from '../scenario/context.ts';
import { type ContextValues, contextVariables } from '../scenario/context-variables.ts';
import { type Explanation, evaluateScenario, refuseWithoutRules } from '../scenario/evaluate.ts';
import type { Scenario } from '../scenario/syntax.ts';
import type { AuthenticationMethod } from '../scenario/vocabulary.ts';
import type { Repositories } from '../store/store.ts';
import type { List } from './list.ts';
import type { Lists } from './lists.ts';
import { isEditor, isListmaster, isOwner, isSubscriber } from './roles.ts';
import type { ScenarioFiles } from './scenario-files.ts';

/** What decisions are made with. */
export interface DecisionParts {
  readonly lists: Lists;
  readonly scenarios: ScenarioFiles;
  readonly store: Repositories;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is to be decided. */
export interface Question {
  /** Function of the scenario: `subscribe`. */
  readonly function: string;
  /** Its name, as a parameter gives it: `open`. */
  readonly scenario: string;
  readonly where: List | Robot;
  readonly method: AuthenticationMethod;
  /** Canonical; `nobody` where it is not known. */
  readonly sender: string;
  /** Address that the request is about. */
  readonly email?: string;
  readonly values?: Pick<ContextValues, 'message' | 'currentEmail' | 'remoteAddr' | 'remoteHost' | 'more'>;
  readonly security?: MessageSecurity;
  /** Values that stand before those that are found, by the path of the variable: `msg_header->subject`. */
  readonly given?: ReadonlyMap<string, string>;
}

/**
 * Lets a scenario decide. One that is missing or faulty refuses, and the log says why.
 *
 * @returns the decision with its grounds; rejects only where the store does
 */
export async function decide(question: Question, parts: DecisionParts): Promise<Explanation> {
  const { function: functionName, scenario: name, where, method } = question;
  const loaded = await parts.scenarios.load(functionName, name, where);
  if (loaded.status === 'loaded')
    return evaluateScenario(loaded.scenario, await decisionContext(question, loaded.scenario, parts), method);
  parts.log.error('scenario not usable', {
    where: 'address' in where ? where.address : where.domain,
    scenario: `${functionName}.${name}`,
    code: loaded.code,
  });
  return refuseWithoutRules({ file: loaded.file, function: functionName, name }, method, loaded.code);
}

/** Gathers what the rules of a scenario may look at, when somebody asks for something. */
export async function decisionContext(
  question: Omit<Question, 'function' | 'scenario' | 'method'>,
  scenario: Scenario,
  { lists, scenarios, store, clock }: Omit<DecisionParts, 'log'>,
): Promise<EvaluationContext> {
  const { where, sender, email, values, security, given } = question;
  const list = 'address' in where ? where : undefined;
  const robot = 'address' in where ? where.robot : where;
  const nowMs = clock.now();
  const subscriber = list && (await store.subscribers.find(list.address, sender));
  const person = await store.persons.find(sender);
  // Counted only where a rule asks: a list may have very many.
  const asksTotal = list && scenario.rules.some(({ text }) => text.includes('[list->total]'));
  const total = asksTotal ? String(await store.subscribers.count(list.address)) : undefined;
  const known = contextVariables({
    ...values,
    nowMs,
    domain: robot.domain,
    sender,
    ...(list && { listname: list.name }),
    ...(email !== undefined && { email }),
    list: (key) => (key === 'total' ? total : parameterText(list?.config, key)),
    conf: (key) => parameterText(robot.conf, key),
    custom_vars: (key) => list?.config.custom_vars.find((one) => one.name === key)?.value,
    user: { email: sender, gecos: person?.gecos ?? subscriber?.gecos ?? '', lang: person?.lang ?? '' },
    subscriber: subscriber
      ? {
          email: subscriber.address,
          gecos: subscriber.gecos ?? '',
          reception: subscriber.reception,
          visibility: subscriber.visibility,
          date: String(Math.floor(subscriber.since / 1_000)),
          update_date: String(Math.floor((subscriber.updatedAt ?? subscriber.since) / 1_000)),
        }
      : {},
  });
  const variable: EvaluationContext['variable'] = (path) => given?.get(path) ?? known(path);
  return {
    isSubscriber: (name, address) => isSubscriber(lists, store, robot, name, address),
    isOwner: (name, address) => isOwner(lists, robot, name, address),
    isEditor: (name, address) => isEditor(lists, robot, name, address),
    isListmaster: (address) => isListmaster(robot, address),
    variable,
    search: (file, subject) => scenarios.filters.search(where, file, subject, variable),
    nowMs,
    parseAddresses,
    ...(security && { security }),
  };
}

/** Parameters that are secrets never become a value that a rule can compare or print. */
const secretParameter = /passw|secret|cookie|database/;

/** Gives a single-valued parameter as rules see it; secrets, paragraphs and what is not set have no value. */
function parameterText(parameters: object | undefined, name: string): string | undefined {
  if (!parameters || secretParameter.test(name) || !Object.hasOwn(parameters, name)) return undefined;
  const value = (parameters as Readonly<Record<string, unknown>>)[name];
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function parseAddresses(text: string): readonly string[] {
  const { items } = parseAddressList(text);
  return items
    .flatMap((item) => ('groupName' in item ? item.mailboxes : [item]))
    .map(({ address }) => address);
}
