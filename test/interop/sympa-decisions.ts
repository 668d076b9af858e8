import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listSchema } from '../../src/config/list-parameters.ts';
import { readReceivedMessage } from '../../src/message/received-message.ts';
import { messageVariables, securityOf } from '../../src/message/scenario-variables.ts';
import { parseAddressList } from '../../src/mime/address.ts';
import type { EvaluationContext } from '../../src/scenario/context.ts';
import { contextVariables, type MessageVariables } from '../../src/scenario/context-variables.ts';
import { ScenarioError } from '../../src/scenario/error.ts';
import type { Explanation } from '../../src/scenario/evaluate.ts';
import { evaluateScenario, refuseWithoutRules } from '../../src/scenario/evaluate.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/syntax.ts';
import { openMessage } from '../../src/smime/open-message.ts';
import type { SympaAnswer, SympaList, SympaQuestion, SympaWorld } from '../kit/sympa.ts';

/** A decision in the words of either side, made alike: `reject(send_subscriber),quiet`. */
export interface Compared {
  readonly decision: string;
  /** The condition that held, as written; undefined where none did. */
  readonly condition: string | undefined;
}

/** Writes what Sympa answered in the common form. */
export function comparedSympa({ action, reason, tt2, condition }: SympaAnswer): Compared {
  const [word = '', ...modifiers] = action.trim().split(/\s*,\s*/);
  const asked = /^request_auth\(\[(\w+)\]\)$/.exec(word)?.[1];
  const decision = written(asked === undefined ? word : 'request_auth', asked ?? reason, tt2, modifiers);
  const held = condition === undefined || condition === 'default' || condition === '' ? undefined : condition;
  return { decision, condition: held?.trim() };
}

/** Writes what we decided in the common form. */
export function comparedOurs({ decision, rule }: Explanation): Compared {
  const { action, modifiers, reason, template, requestAuthFrom } = decision;
  const asked = requestAuthFrom === 'email' ? 'email' : undefined;
  const condition = rule?.text.replace(/\s+(?:(?:smtp|dkim|md5|pgp|smime)[\s,]*)*->.*$/, '');
  return {
    decision: written(action, asked ?? reason ?? undefined, template ?? undefined, modifiers),
    condition,
  };
}

function written(
  action: string,
  reason: string | undefined,
  template: string | undefined,
  modifiers: readonly string[],
): string {
  const details = [reason, template === undefined ? undefined : `tt2 ${template.replace(/\.tt2$/, '')}`];
  const given = details.filter((detail) => detail !== undefined);
  return [given.length === 0 ? action : `${action}(${given.join(' ')})`, ...modifiers].join(',');
}

/** Answers as our own program does: the same files, people and messages, the parser and evaluator of `src`. */
export class OurDecisions {
  readonly #world: SympaWorld;
  readonly #scenarios = new Map<string, Scenario | ScenarioError | undefined>();
  readonly #messages = new Map<string, Pick<EvaluationContext, 'security'> & { message: MessageVariables }>();

  constructor(world: SympaWorld) {
    this.#world = world;
  }

  /** Decides one question. */
  async answer(question: SympaQuestion): Promise<Explanation> {
    const { function: functionName, name, method } = question;
    const scenario = this.scenario(functionName, name);
    const source = { file: `${functionName}.${name}`, function: functionName, name };
    if (scenario === undefined) return refuseWithoutRules(source, method, 'scenario-not-found');
    if (scenario instanceof ScenarioError) return refuseWithoutRules(source, method, 'not-compiled');
    return evaluateScenario(scenario, this.context(question), method);
  }

  /** Reads a scenario once; the error where it is faulty. */
  scenario(functionName: string, name: string): Scenario | ScenarioError | undefined {
    const file = `${functionName}.${name}`;
    if (!this.#scenarios.has(file)) this.#scenarios.set(file, this.#read(functionName, name));
    return this.#scenarios.get(file);
  }

  /** What the evaluation of a question may ask. */
  context(question: SympaQuestion): EvaluationContext {
    const { context, list: listname } = question;
    const nowMs = Date.now();
    const list = listname === undefined ? undefined : this.#world.lists[listname];
    const read = question.message === undefined ? undefined : this.#readMessage(question.message);
    const sender = context.sender ?? 'nobody';
    const variable = contextVariables({
      nowMs,
      domain: this.#world.domain,
      conf: this.#world.conf,
      sender,
      user: { email: sender, ...this.#world.users[sender] },
      ...(listname !== undefined && { listname }),
      ...(context.email !== undefined && { email: context.email }),
      ...(context.current_email !== undefined && { currentEmail: context.current_email }),
      ...(context.family && { family: context.family }),
      ...(context.subscriber && { subscriber: context.subscriber }),
      ...(question.remote_addr !== undefined && { remoteAddr: question.remote_addr }),
      ...(list && { list: listValues(list), custom_vars: customVars(list) }),
      ...(read && { message: read.message }),
    });
    return {
      nowMs,
      variable,
      isSubscriber: (of, address) => this.#has(of, address, ({ subscribers }) => subscribers),
      isOwner: (of, address) => this.#has(of, address, ({ owners }) => owners),
      isEditor: (of, address) =>
        this.#has(of, address, ({ owners, editors }) => (editors.length > 0 ? editors : owners)),
      isListmaster: (address) => this.#world.listmasters.includes(address.toLowerCase()),
      search: () => false,
      parseAddresses: (text) =>
        parseAddressList(text).items.flatMap((item) => ('address' in item ? [item.address] : [])),
      ...(read?.security && { security: read.security }),
    };
  }

  #has(of: string, address: string, people: (list: SympaList) => readonly string[]): boolean {
    const [name = '', domain = this.#world.domain] = of.split('@');
    const list = domain === this.#world.domain ? this.#world.lists[name] : undefined;
    return list !== undefined && people(list).includes(address.toLowerCase());
  }

  #read(functionName: string, name: string): Scenario | ScenarioError | undefined {
    const file = this.#textOf(`${functionName}.${name}`);
    if (!file) return undefined;
    try {
      return parseScenario(
        file.text,
        { file: file.file, function: functionName, name },
        {
          blocklist: this.#world.blocklist.includes(functionName),
          isListParameter: (parameter) =>
            ['name', 'address', 'total'].includes(parameter) || Object.hasOwn(listSchema.shape, parameter),
          resolveInclude: (include) => this.#textOf(`include.${include}`),
        },
      );
    } catch (error) {
      if (error instanceof ScenarioError) return error;
      throw error;
    }
  }

  #textOf(name: string): { file: string; text: string } | undefined {
    const file = this.#world.folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    return file === undefined ? undefined : { file, text: readFileSync(file, 'utf8') };
  }

  #readMessage(name: string) {
    const known = this.#messages.get(name);
    if (known) return known;
    const raw = new TextEncoder().encode(this.#world.messages[name]!.replaceAll('\n', '\r\n'));
    const received = readReceivedMessage({
      id: 'asked',
      recipient: `team@${this.#world.domain}`,
      envelopeSender: '',
      receivedAtMs: 0,
      raw,
    });
    const trust = { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' } as const;
    const opened = openMessage(raw, { identities: [], trust, atMs: 0 });
    const read = { message: messageVariables(received, opened), security: securityOf(opened) };
    this.#messages.set(name, read);
    return read;
  }
}

function listValues({ admin, total }: SympaList): Readonly<Record<string, string>> {
  const single = Object.entries(admin).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { ...Object.fromEntries(single), total: String(total) };
}

function customVars({ admin }: SympaList): Readonly<Record<string, string>> {
  const given = admin.custom_vars;
  return typeof given === 'string' || given === undefined
    ? {}
    : Object.fromEntries(given.map(({ name, value }) => [name, value]));
}
