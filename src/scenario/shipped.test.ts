import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EvaluationContext } from './context.ts';
import { type ContextValues, contextVariables } from './context-variables.ts';
import { type Decision, evaluateScenario } from './evaluate.ts';
import { parseScenario } from './parse.ts';
import { titleOf } from './title.ts';
import { methodNames, scenarioFunctions } from './vocabulary.ts';

const folder = resolve(import.meta.dirname, '../../defaults/scenari');
const locales = resolve(import.meta.dirname, '../../defaults/locales');
const shipped = readdirSync(folder).sort();
const methods = ['smtp', 'md5', 'smime'] as const;

/** Who asks, in the order of the table; `for-another` is a stranger who names the address of a third person. */
const askers: Readonly<Record<string, Partial<ContextValues>>> = {
  nobody: { sender: 'nobody' },
  stranger: { sender: 'stranger@example.org' },
  'for-another': { sender: 'stranger@example.org', email: 'third@example.org' },
  subscriber: { sender: 'subscriber@example.org' },
  editor: { sender: 'editor@example.org' },
  owner: { sender: 'owner@example.org' },
  listmaster: { sender: 'listmaster@example.org' },
};

function load(file: string) {
  const dot = file.indexOf('.');
  const source = { file, function: file.slice(0, dot), name: file.slice(dot + 1) };
  return parseScenario(readFileSync(join(folder, file), 'utf8'), source);
}

function contextOf(
  asker: Partial<ContextValues>,
  header: Readonly<Record<string, string>> = {},
): EvaluationContext {
  const is = (role: string) => (address: string) => address === `${role}@example.org`;
  const values: ContextValues = {
    nowMs: 0,
    domain: 'lists.example.org',
    listname: 'team',
    currentEmail: 'old@example.org',
    family: { family_owners_list: 'team' },
    message: {
      headerValues: (name) => (header[name] === undefined ? [] : [header[name]]),
      textBody: () => undefined,
      parts: () => [],
      attribute: () => undefined,
      encrypted: false,
    },
    ...asker,
  };
  return {
    nowMs: 0,
    isSubscriber: (_, address) => is('subscriber')(address),
    isEditor: (_, address) => is('editor')(address),
    isOwner: (_, address) => is('owner')(address),
    isListmaster: is('listmaster'),
    variable: contextVariables(values),
  };
}

function written({ action, reason, modifiers, requestAuthFrom }: Decision): string {
  const details = reason ?? (requestAuthFrom === 'email' ? 'email' : undefined);
  return [details === undefined ? action : `${action}(${details})`, ...modifiers].join(',');
}

/** Decisions of a scenario by who asks; askers who get the same share a line. */
async function tableOf(file: string): Promise<readonly string[]> {
  const scenario = load(file);
  const lines = new Map<string, string[]>();
  for (const [name, asker] of Object.entries(askers)) {
    const context = contextOf(asker, { to: 'team@lists.example.org' });
    const decided = await Promise.all(methods.map((method) => evaluateScenario(scenario, context, method)));
    const line = decided.map(({ decision }) => written(decision)).join(' | ');
    lines.set(line, [...(lines.get(line) ?? []), name]);
  }
  if (lines.size === 1) return [`all: ${[...lines.keys()][0]}`];
  return [...lines].map(([line, names]) => `${names.join(' ')}: ${line}`);
}

/** The table of `shipped-decisions.txt`: a line `FUNCTION.NAME`, then `WHO…: SMTP | MD5 | SMIME` for all of it. */
function expectedTables(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(import.meta.dirname, 'shipped-decisions.txt'), 'utf8');
  const blocks = text.split('\n\n').map((block) => block.split('\n').filter((line) => !/^#|^$/.test(line)));
  return new Map(
    blocks
      .filter(([name]) => name !== undefined)
      .map(([name, ...lines]) => [name!, lines.map((line) => line.trim())]),
  );
}

const expected = expectedTables();

describe('the shipped scenarios', () => {
  it('are those of the table', () => {
    expect(shipped).toEqual([...expected.keys()].sort());
  });

  it.each(shipped)('%s decides as the table says, by method and role', async (file) => {
    expect(await tableOf(file)).toEqual(expected.get(file));
  });

  it.each(
    shipped,
  )('%s answers every method by a rule, and has titles in English and French', async (file) => {
    const scenario = load(file);
    expect(scenario.remarks).toEqual([]);
    expect(titleOf(scenario, ['en'])).not.toBe(scenario.name);
    expect(titleOf(scenario, ['fr'])).not.toBe(titleOf(scenario, ['en']));
    expect(
      scenario.rules.every((rule) => rule.methods.every((method) => methodNames[method].means === method)),
    ).toBe(true);
    if (file === 'send.private_key') return;
    for (const method of methods) {
      const { rule } = await evaluateScenario(scenario, contextOf(askers.stranger!), method);
      expect(rule, method).not.toBeNull();
    }
  });

  it('include the default of each function', () => {
    const missing = Object.entries(scenarioFunctions).filter(
      ([name, { default: set }]) => !shipped.includes(`${name}.${set}`),
    );
    expect(missing).toEqual([]);
  });

  it.each(['en', 'fr'])('give only reasons that have a text in %s', (language) => {
    const { reasons } = JSON.parse(readFileSync(join(locales, `${language}.json`), 'utf8'));
    const used = shipped
      .flatMap((file) => load(file).rules.map(({ action }) => action.reason))
      .filter((key) => key !== null);
    expect(used.filter((key) => !Object.hasOwn(reasons, key))).toEqual([]);
  });

  it('hold the three rules that the seed prints for send.private_smime, and the two of send.private_key', () => {
    const rulesOf = (file: string) => load(file).rules.map(({ text }) => text.replace(/\s+/g, ' '));
    expect(rulesOf('send.private_smime').slice(0, 3)).toEqual([
      'is_subscriber([listname],[sender]) smime -> do_it',
      'is_editor([listname],[sender]) smime -> do_it',
      'is_owner([listname],[sender]) smime -> do_it',
    ]);
    expect(rulesOf('send.private_key')).toEqual([
      'is_subscriber([listname],[sender]) smtp -> request_auth',
      'true() md5,smime -> do_it',
    ]);
  });
});

describe('the shipped scenarios that look at the message', () => {
  it.each([
    ['send.public_nobcc', 'stranger', { to: 'other@example.org' }, 'reject(send_bcc)'],
    ['send.public_nobcc', 'stranger', { cc: 'Team <team@lists.example.org>' }, 'do_it'],
    [
      'send.publicnomultipart',
      'stranger',
      { 'content-type': 'Multipart/alternative; boundary=x' },
      'reject(send_multipart)',
    ],
    ['send.publicnomultipart', 'stranger', { 'content-type': 'text/plain' }, 'do_it'],
    ['send.publicnoattachment', 'stranger', { 'content-type': 'multipart/mixed; boundary=x' }, 'editorkey'],
    ['send.publicnoattachment', 'stranger', { 'content-disposition': 'attachment; filename=x' }, 'editorkey'],
    ['send.publicnoattachment', 'stranger', { 'content-type': 'multipart/alternative; boundary=x' }, 'do_it'],
    [
      'send.privateandnomultipartoreditorkey',
      'subscriber',
      { 'content-type': 'multipart/mixed' },
      'editorkey',
    ],
    ['send.editorkey', 'stranger', { 'x-sender': 'editor@example.org' }, 'do_it'],
    ['spam_status.none', 'stranger', { 'x-spam-status': 'Yes, score=9' }, 'ham'],
    ['spam_status.x-spam-status', 'stranger', { 'x-spam-status': 'Yes, score=9' }, 'spam'],
    ['spam_status.x-spam-status', 'stranger', { 'x-spam-status': 'No, score=0' }, 'ham'],
    ['spam_status.x-spam-status', 'stranger', { 'x-j-chkmail-status': 'Spam Low' }, 'unsure'],
    ['spam_status.spamassassin', 'stranger', { 'x-spam-flag': 'YES' }, 'spam'],
    ['spam_status.rspamd', 'stranger', { 'x-spam': 'yes' }, 'spam'],
    ['spam_status.rspamd', 'stranger', { 'x-rspamd-action': 'add header' }, 'spam'],
    ['spam_status.rspamd', 'stranger', { 'x-rspamd-action': 'greylist' }, 'unsure'],
    ['spam_status.bogofilter', 'stranger', { 'x-bogosity': 'Spam, tests=bogofilter' }, 'spam'],
    ['spam_status.bogofilter', 'stranger', { 'x-bogosity': 'Unsure, tests=bogofilter' }, 'unsure'],
    ['spam_status.bogofilter', 'stranger', { 'x-bogosity': 'Ham, tests=bogofilter' }, 'ham'],
    ['spam_status.j-chkmail', 'stranger', { 'x-j-chkmail-status': 'Spam Hi' }, 'spam'],
  ])('%s, asked by a %s with %j: %s', async (file, asker, header, decision) => {
    for (const method of methods) {
      const explanation = await evaluateScenario(load(file), contextOf(askers[asker]!, header), method);
      expect(written(explanation.decision)).toBe(decision);
    }
  });

  it('move_user.auth asks the new address when the old one speaks', async () => {
    const context = contextOf({ sender: 'old@example.org', email: 'new@example.org' });
    const { decision } = await evaluateScenario(load('move_user.auth'), context, 'smtp');
    expect(written(decision)).toBe('request_auth(email)');
  });
});
