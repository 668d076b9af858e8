import { Command, Option } from 'commander';
import type { Site } from '../config/site.ts';
import { decisionContext } from '../lists/decision.ts';
import type { List } from '../lists/list.ts';
import { ScenarioFiles } from '../lists/scenario-files.ts';
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
  const message =
    options.message === undefined ? undefined : await factsOf(io, options.message, open.site, list);
  const question = {
    where: list ?? robot,
    sender: options.sender,
    given: new Map(options.set.map((pair) => splitPair(io, pair))),
    ...(message && { values: { message: message.message }, security: message.security }),
  };
  const parts = { lists: open.lists, scenarios, store: open.store, clock: io.clock };
  return evaluateScenario(
    loaded.scenario,
    await decisionContext(question, loaded.scenario, parts),
    options.method,
  );
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
