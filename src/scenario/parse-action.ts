import type { LineCursor } from './line-cursor.ts';
import { didYouMean } from './nearest-word.ts';
import type { Action } from './syntax.ts';
import {
  type ActionName,
  actionNames,
  conditionWords,
  type ModifierName,
  modifierNames,
  scenarioFunctions,
} from './vocabulary.ts';

/** What stands in the parentheses of an action. */
interface ActionDetails {
  reason: string | null;
  template: string | null;
  requestAuthFrom: 'sender' | 'email' | undefined;
}

/**
 * Parses an action with its modifiers up to the end of the line.
 *
 * @throws ScenarioError `action-unknown`, `action-not-allowed`, `argument-malformed`, `rules-fused`
 */
export function parseAction(cursor: LineCursor, functionName: string, following: string | undefined): Action {
  refuseFusedRules(cursor, following);
  cursor.skipBlanks();
  const { column } = cursor;
  const name = cursor.take(/\w+/y)?.[0];
  if (name === undefined) throw cursor.fault('action-unknown', 'an action is expected here', { column });
  if (!Object.hasOwn(actionNames, name))
    throw cursor.fault('action-unknown', `there is no action ${name}`, {
      column,
      ...didYouMean(name, Object.keys(actionNames)),
    });
  const action = name as ActionName;
  checkAllowed(cursor, functionName, action, column);
  const details = parseDetails(cursor, action);
  const modifiers = parseModifiers(cursor);
  return { name: action, modifiers, ...details, column };
}

function checkAllowed(cursor: LineCursor, functionName: string, action: ActionName, column: number): void {
  const known = Object.hasOwn(scenarioFunctions, functionName) ? scenarioFunctions[functionName] : undefined;
  if (known && !known.actions.includes(action))
    throw cursor.fault('action-not-allowed', `${functionName} cannot ${action}`, {
      column,
      hint: `allowed: ${known.actions.join(', ')}`,
    });
}

function parseModifiers(cursor: LineCursor): readonly ModifierName[] {
  const modifiers: ModifierName[] = [];
  while (!cursor.atEnd) {
    const column = cursor.column;
    const word = cursor.accept(',') ? cursor.take(/\w+/y)?.[0] : undefined;
    if (word === undefined || !Object.hasOwn(modifierNames, word))
      throw cursor.fault('action-unknown', 'a modifier or the end of the line is expected here', {
        column,
        hint: `modifiers: ${Object.keys(modifierNames).join(', ')}`,
      });
    if (!modifiers.includes(word as ModifierName)) modifiers.push(word as ModifierName);
  }
  return modifiers;
}

function parseDetails(cursor: LineCursor, action: ActionName): ActionDetails {
  const details: ActionDetails = {
    reason: null,
    template: null,
    requestAuthFrom: action === 'request_auth' ? 'sender' : undefined,
  };
  const column = cursor.column;
  if (!cursor.accept('(')) return details;
  if (action === 'request_auth') parseConfirmer(cursor, details);
  else if (action === 'reject') parseRefusal(cursor, details);
  else throw cursor.fault('argument-malformed', `${action} takes nothing in parentheses`, { column });
  if (!cursor.accept(')')) throw cursor.fault('argument-malformed', '")" is expected here');
  return details;
}

function parseConfirmer(cursor: LineCursor, details: ActionDetails): void {
  const match = cursor.take(/\[[ \t]*(sender|email)[ \t]*\]/y);
  if (!match) throw cursor.fault('argument-malformed', '[email] or [sender] is expected here');
  details.requestAuthFrom = match[1] as 'sender' | 'email';
}

/** `reason='key'`, `tt2='template'`, `'template'`, or several of them. */
function parseRefusal(cursor: LineCursor, details: ActionDetails): void {
  do {
    const key = cursor.take(/(reason|tt2)[ \t]*=/y)?.[1] ?? 'tt2';
    const match = cursor.take(/'([\w.-]+)'|"([\w.-]+)"|([\w.-]+)/y);
    const value = match?.[1] ?? match?.[2] ?? match?.[3];
    if (value === undefined)
      throw cursor.fault('argument-malformed', "reason='key' or tt2='template' is expected here");
    if (key === 'reason') details.reason = value;
    else details.template = value.replace(/\.tt2$/, '');
  } while (cursor.accept(','));
}

/** A second arrow means that a line end was lost; Sympa takes such a line and then refuses everything. */
function refuseFusedRules(cursor: LineCursor, following: string | undefined): void {
  const rest = cursor.text.slice(cursor.position).split('#')[0]!;
  if (!rest.includes('->')) return;
  const names = Object.keys(conditionWords).join('|');
  const second = rest.search(new RegExp(`!?[ \\t]*(?:${names})[ \\t]*\\(`));
  const first = rest.slice(0, Math.max(second, 0)).trim();
  const action = Object.keys(actionNames).find(
    (name) => first !== '' && (name === first || name.startsWith(first)),
  );
  const rules = [`${cursor.text.slice(0, cursor.position)} ${action}`, rest.slice(second), following]
    .filter((rule) => rule !== undefined)
    .map((rule) => rule.trim().replace(/[ \t]+/g, ' '));
  throw cursor.fault('rules-fused', 'two rules stand on one line', {
    column: cursor.column + Math.max(second, 0),
    hint: action === undefined ? 'write one rule a line' : `write one rule a line:\n${rules.join('\n')}`,
  });
}
