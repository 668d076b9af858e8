import { Command, Option } from 'commander';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import { type OperationName, operations } from '../requests/operations.ts';
import { planRequest } from '../requests/plan-request.ts';
import { type ReportCode, type RequestReport, reportCodes } from '../requests/report.ts';
import type { AuthenticationMethod } from '../scenario/vocabulary.ts';
import { type ExitName, exitCodes } from './exit-code.ts';
import { type CliIo, printJson } from './io.ts';
import { operatorSituation } from './operator.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly sender?: string;
  readonly method: AuthenticationMethod;
  readonly domain?: string;
}

/** Refusals that have an exit code of their own; all others say no. */
const exits: Readonly<Partial<Record<ReportCode, ExitName>>> = {
  'bad-arguments': 'usage',
  'bad-option': 'usage',
  'no-such-list': 'unknown',
  'not-subscribed': 'unknown',
  'list-unusable': 'configuration',
  'scenario-rejects': 'notPermitted',
  'not-editor': 'notPermitted',
  'not-owner': 'notPermitted',
  'too-many-requests': 'tryAgain',
};

/** `ssympa request NAME [KEY=VALUE…]` */
export function requestCommand(io: CliIo): Command {
  const command = new Command('request')
    .description(
      'Carries out any request, as the operator, or as a person whose rights the scenarios decide on.',
    )
    .argument('<name>', Object.keys(operations).join(', '))
    .argument('[arguments...]', 'KEY=VALUE, as list=board email=bob@example.org')
    .option('--sender <address>', 'who asks; the operator when left out, whom no scenario is asked about')
    .addOption(
      new Option('--method <method>', 'how the sender counts as proved')
        .choices(['smtp', 'md5', 'smime'])
        .default('md5'),
    )
    .option('--domain <domain>', 'the domain that is asked; the main one when left out');
  return withJson(withConf(command)).action((name: string, given: readonly string[], options: Options) =>
    withOpenSite(io, options, async (open) => {
      if (!Object.hasOwn(operations, name)) io.fail('usage', `${name.slice(0, 80)} is no request`);
      const pairs = given.map((pair) => splitPair(io, pair));
      const report = await carryOut(io, open, name as OperationName, Object.fromEntries(pairs), options);
      if (options.json) printJson(io, shownReport(report));
      else printReport(io, report);
      if (report.status === 'refused') io.exit(exitCodes[exits[report.code] ?? 'no']);
    }),
  );
}

async function carryOut(
  io: CliIo,
  open: OpenSite,
  name: OperationName,
  args: Readonly<Record<string, string>>,
  { sender, method, domain }: Options,
): Promise<RequestReport> {
  const robot = open.site.robots.find((one) => one.domain === domain?.toLowerCase()) ?? open.site.robots[0]!;
  if (domain !== undefined && robot.domain !== domain.toLowerCase())
    io.fail('usage', `the site serves no domain ${domain.slice(0, 255)}`);
  const { parts, requester } = operatorSituation(io, open, robot, {});
  const person = sender === undefined ? undefined : parseAddress(sender);
  if (sender !== undefined && person === undefined) io.fail('usage', `${sender.slice(0, 320)} is no address`);
  const who =
    person === undefined
      ? requester
      : { ...requester, sender: canonicalAddress(person), method, channel: 'api' as const };
  const { perform } = await planRequest({ name, arguments: args }, who, parts);
  return open.store.transaction(perform);
}

function splitPair(io: CliIo, pair: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) io.fail('usage', `${pair.slice(0, 80)} is not of the form KEY=VALUE`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

function shownReport({ status, code, values, reason, answer }: RequestReport): object {
  return { status, code, reason: reason ?? null, values: values ?? {}, answer: answer ?? [] };
}

function printReport(io: CliIo, { status, code, reason, values, answer = [] }: RequestReport): void {
  const details = Object.entries(values ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  const why = reason === undefined ? [] : [`reason ${reason}`];
  io.stdout(`${status}: ${reportCodes[code].meaning} ${[...why, ...details].join(', ')}`.trimEnd());
  io.stdout(`\n${answer.map((line) => `${line}\n`).join('')}`);
}
