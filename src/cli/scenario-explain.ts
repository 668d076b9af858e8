import { Command, Option } from 'commander';
import type { Robot, Site } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { isEditor, isListmaster, isOwner, isSubscriber } from '../lists/roles.ts';
import { ScenarioFiles } from '../lists/scenario-files.ts';
import { parseAddressList } from '../mime/address.ts';
import type { EvaluationContext } from '../scenario/context.ts';
import { contextVariables } from '../scenario/context-variables.ts';
import { type Explanation, evaluateScenario, refuseWithoutRules } from '../scenario/evaluate.ts';
import type { AuthenticationMethod } from '../scenario/vocabulary.ts';
import { type CliIo, printJson } from './io.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly list?: string;
  readonly sender: string;
  readonly method: AuthenticationMethod;
  readonly message?: string;
  readonly set: readonly string[];
}

/** Functions that a list refuses while it is not open, whatever its scenario says. */
const needOpenList: ReadonlySet<string> = new Set(['send', 'visibility']);

/** `ssympa scenario explain FUNCTION.NAME --list L --sender A --method M` */
export function scenarioExplainCommand(io: CliIo): Command {
  const command = new Command('explain')
    .description('Says which rule of a scenario decides, and why each earlier one does not.')
    .argument('<scenario>', 'FUNCTION.NAME, as send.private')
    .option('--list <list>', 'name, or name@domain; without it the main domain is asked')
    .option('--sender <address>', 'who asks, taken as given', 'nobody')
    .addOption(
      new Option('--method <method>', 'how the sender was proved')
        .choices(['smtp', 'md5', 'smime'])
        .default('smtp'),
    )
    .option('--message <file>', 'a message that the conditions may look at')
    .option('--set <key=value>', 'sets a variable, as email=bob@example.org; may be repeated', collect, []);
  return withJson(withConf(command)).action((scenario: string, options: Options) =>
    withOpenSite(io, options, async (open) => {
      const explanation = await explain(io, open, scenario, options);
      if (options.json) printJson(io, explanation);
      else printExplanation(io, explanation);
    }),
  );
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function explain(io: CliIo, open: OpenSite, scenario: string, options: Options): Promise<Explanation> {
  const dot = scenario.indexOf('.');
  if (dot < 1) io.fail('usage', `${scenario} is not of the form FUNCTION.NAME`);
  const functionName = scenario.slice(0, dot);
  const name = scenario.slice(dot + 1);
  const list = options.list === undefined ? undefined : await open.lists.get(options.list);
  const robot = list?.robot ?? open.site.robots[0]!;
  const scenarios = new ScenarioFiles(open.site);
  const loaded = await scenarios.load(functionName, name, list ?? robot);
  const source = { function: functionName, name, file: loaded.file };
  if (loaded.status === 'missing') return refuseWithoutRules(source, options.method, 'scenario-not-found');
  if (loaded.status === 'faulty') throw loaded.error;
  if (list && list.status !== 'open' && needOpenList.has(functionName))
    return refuseWithoutRules(source, options.method, 'list-no-open');
  const context = await contextOf(io, open, { robot, list, scenarios }, options);
  return evaluateScenario(loaded.scenario, context, options.method);
}

/** Whose scenario is asked. */
interface Asked {
  readonly robot: Robot;
  readonly list: List | undefined;
  readonly scenarios: ScenarioFiles;
}

async function contextOf(
  io: CliIo,
  { site, store, lists }: OpenSite,
  { robot, list, scenarios }: Asked,
  options: Options,
): Promise<EvaluationContext> {
  const nowMs = io.clock.now();
  const given = new Map(options.set.map((pair) => splitPair(io, pair)));
  const total = list ? String(await store.subscribers.count(list.address)) : undefined;
  const message = options.message === undefined ? undefined : await factsOf(io, options.message, site, list);
  const known = contextVariables({
    nowMs,
    domain: robot.domain,
    sender: options.sender,
    ...(list && { listname: list.name }),
    ...(message && { message: message.message }),
    list: (key) => (key === 'total' ? total : parameterText(list?.config, key)),
    conf: (key) => parameterText(robot.conf, key),
  });
  const variable: EvaluationContext['variable'] = (path) => given.get(path) ?? known(path);
  return {
    isSubscriber: (of, address) => isSubscriber(lists, store, robot, of, address),
    isOwner: (of, address) => isOwner(lists, robot, of, address),
    isEditor: (of, address) => isEditor(lists, robot, of, address),
    isListmaster: (address) => isListmaster(robot, address),
    variable,
    search: (file, subject) => scenarios.filters.search(list ?? robot, file, subject, variable),
    nowMs,
    parseAddresses,
    ...(message && { security: message.security }),
  };
}

function splitPair(io: CliIo, pair: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) io.fail('usage', `${pair} is not of the form KEY=VALUE`);
  return [pathOf(pair.slice(0, equals)), pair.slice(equals + 1)];
}

/** A variable may be set by any name that rules know it by. */
function pathOf(name: string): string {
  const field = /^(?:msg_)?header->(.+)$/.exec(name)?.[1];
  if (field !== undefined) return `msg_header->${field.toLowerCase()}`;
  return name === 'host' ? 'domain' : name;
}

/** What reads and opens messages is loaded only when there is one. */
async function factsOf(io: CliIo, file: string, site: Site, list: List | undefined) {
  const { readMessageFacts } = await import('./scenario-message.ts');
  return readMessageFacts(io, file, site, list);
}

/** Only single values; a rule can compare no others. */
function parameterText(parameters: object | undefined, name: string): string | undefined {
  if (!parameters || !Object.hasOwn(parameters, name)) return undefined;
  const value = (parameters as Readonly<Record<string, unknown>>)[name];
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function parseAddresses(text: string): readonly string[] {
  const mailboxes = parseAddressList(text).items.flatMap((item) =>
    'groupName' in item ? item.mailboxes : [item],
  );
  return mailboxes.map(({ address }) => address);
}

function printExplanation(io: CliIo, { decision, rule, tried, method }: Explanation): void {
  for (const { file, line, text, outcome, error } of tried)
    io.stdout(`${file}:${line}: ${outcome}${error === undefined ? '' : ` (${error})`}: ${text}\n`);
  if (rule) io.stdout(`${rule.file}:${rule.line}: decides: ${rule.text}\n`);
  const details = [
    ...decision.modifiers,
    ...(decision.reason === null ? [] : [`reason ${decision.reason}`]),
    ...(decision.template === null ? [] : [`template ${decision.template}`]),
    ...(decision.requestAuthFrom === undefined ? [] : [`confirmed by ${decision.requestAuthFrom}`]),
  ];
  io.stdout(`${method}: ${[decision.action, ...details].join(', ')}\n`);
}
