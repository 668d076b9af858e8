import { isEditor, isListmaster, isOwner, isSubscriber } from '../lists/roles.ts';
import { messageVariables, securityOf } from '../message/scenario-variables.ts';
import { parseAddressList } from '../mime/address.ts';
import type { EvaluationContext } from '../scenario/context.ts';
import { contextVariables } from '../scenario/context-variables.ts';
import { type Explanation, evaluateScenario, refuseWithoutRules } from '../scenario/evaluate.ts';
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
  if (post.released) return settled({ status: 'distribute', explanation: null });
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
  // A scenario that is missing or faulty fails closed; the log and doctor say why.
  parts.log.error('scenario not usable', { list: list.address, scenario: name, code: loaded.code });
  return refuseWithoutRules({ file: loaded.file, function: 'send', name }, method, loaded.code);
}

function contextOf(post: OpenedPost, parts: PipelineParts): EvaluationContext {
  const { lists, scenarios, store, clock } = parts;
  const { message, opened, robot, list } = post;
  const nowMs = clock.now();
  const variable = contextVariables({
    nowMs,
    domain: robot.domain,
    ...(list && { listname: list.name }),
    sender: message.sender.status === 'known' ? message.sender.address : 'nobody',
    message: messageVariables(message, opened),
    list: (key) => parameterText(list?.config, key),
    conf: (key) => parameterText(robot.conf, key),
  });
  return {
    isSubscriber: (name, address) => isSubscriber(lists, store, robot, name, address),
    isOwner: (name, address) => isOwner(lists, robot, name, address),
    isEditor: (name, address) => isEditor(lists, robot, name, address),
    isListmaster: (address) => isListmaster(robot, address),
    variable,
    search: (file, subject) => scenarios.filters.search(list ?? robot, file, subject, variable),
    nowMs,
    parseAddresses,
    security: securityOf(opened),
  };
}

/** Parameters that are secrets never become a value that a rule can compare or print. */
const secretParameter = /passw|secret|cookie|database/;

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
