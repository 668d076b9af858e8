import { isEditor, isListmaster, isOwner, isSubscriber } from '../lists/roles.ts';
import { messageVariable, securityOf } from '../message/scenario-variables.ts';
import { parseAddressList } from '../mime/address.ts';
import type { EvaluationContext, VariableValue } from '../scenario/context.ts';
import { type Explanation, evaluateScenario } from '../scenario/evaluate.ts';
import type { ActionName } from '../scenario/vocabulary.ts';
import { type Disposition, discard, hold, reject } from './disposition.ts';
import { type OpenedPost, type PipelineParts, type StepResult, settled } from './post.ts';

/** What each action of a `send` scenario makes of a post; an action that `send` does not know refuses. */
const dispositions: Readonly<Partial<Record<ActionName, (explanation: Explanation) => Disposition>>> = {
  do_it: (explanation) => ({ status: 'distribute', explanation }),
  request_auth: (explanation) => hold('sender-confirmation', explanation),
  editorkey: (explanation) => hold('moderation', explanation),
  editor: (explanation) => hold('moderation', explanation),
};

/** Lets the list's `send` scenario decide, once, by the method that the signature gives. */
export async function decidePost(post: OpenedPost, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  const list = post.list!;
  const explanation = await explain(post, parts);
  parts.log.info('scenario decided', {
    message: post.message.id,
    list: list.address,
    scenario: explanation.name,
    method: explanation.method,
    action: explanation.decision.action,
    line: explanation.rule?.line ?? null,
  });
  return settled(dispositionOf(explanation));
}

function dispositionOf(explanation: Explanation): Disposition {
  const { action, modifiers, reason } = explanation.decision;
  const make = dispositions[action];
  if (make) return make(explanation);
  if (modifiers.includes('quiet')) return discard('scenario-quiet', explanation);
  return reject('scenario-rejects', { scenarioReason: reason, explanation });
}

async function explain(post: OpenedPost, parts: PipelineParts): Promise<Explanation> {
  const list = post.list!;
  const name = list.config.send;
  const method = post.opened.authenticationMethod;
  const loaded = await parts.scenarios.load('send', name, list);
  if (loaded.status === 'loaded') return evaluateScenario(loaded.scenario, contextOf(post, parts), method);
  // A scenario that is missing or faulty fails closed; doctor and the listmaster learn why.
  parts.log.error('scenario not usable', { list: list.address, scenario: name, code: loaded.code });
  return {
    function: 'send',
    name,
    file: loaded.file,
    method,
    decision: { action: 'reject', modifiers: [], reason: loaded.code, template: null },
    rule: null,
    tried: [],
  };
}

function contextOf(post: OpenedPost, parts: PipelineParts): EvaluationContext {
  const { lists, store, clock } = parts;
  const { message, opened, robot } = post;
  return {
    isSubscriber: (list, address) => isSubscriber(lists, store, robot, list, address),
    isOwner: (list, address) => isOwner(lists, robot, list, address),
    isEditor: (list, address) => isEditor(lists, robot, list, address),
    isListmaster: (address) => isListmaster(robot, address),
    variable: (path) => variableOf(post, path) ?? messageVariable(message, opened, path),
    nowMs: clock.now(),
    parseAddresses,
    security: securityOf(opened),
  };
}

function variableOf({ message, list, robot }: OpenedPost, path: string): VariableValue {
  const sender = message.sender.status === 'known' ? message.sender.address : 'nobody';
  const values: Readonly<Record<string, string | undefined>> = {
    sender,
    email: sender,
    listname: list?.name,
    domain: robot.domain,
    host: robot.domain,
    'list->name': list?.name,
    'list->address': list?.address,
    is_bcc: isBlindCopy(message, list?.name) ? '1' : '',
  };
  if (path in values) return values[path];
  if (path.startsWith('list->')) return parameterText(list?.config, path.slice('list->'.length));
  return path.startsWith('conf->') ? parameterText(robot.conf, path.slice('conf->'.length)) : undefined;
}

/** Parameters that are secrets never become a value that a rule can compare or print. */
const secretParameter = /passw|secret|cookie|database/;

function parameterText(parameters: object | undefined, name: string): string | undefined {
  if (!parameters || secretParameter.test(name) || !Object.hasOwn(parameters, name)) return undefined;
  const value = (parameters as Readonly<Record<string, unknown>>)[name];
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function isBlindCopy(message: OpenedPost['message'], listName: string | undefined): boolean {
  const visible = message.entity.header.fields
    .filter((field) => /^(to|cc)$/i.test(field.name))
    .map((field) => field.body.toLowerCase());
  return listName !== undefined && !visible.some((body) => body.includes(listName.toLowerCase()));
}

function parseAddresses(text: string): readonly string[] {
  const { items } = parseAddressList(text);
  return items
    .flatMap((item) => ('groupName' in item ? item.mailboxes : [item]))
    .map(({ address }) => address);
}
