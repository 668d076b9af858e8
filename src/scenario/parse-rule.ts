import { compileCondition } from './conditions.ts';
import type { LineCursor } from './line-cursor.ts';
import { didYouMean } from './nearest-word.ts';
import { parseAction } from './parse-action.ts';
import { parseArguments } from './parse-arguments.ts';
import type { Condition, Rule } from './syntax.ts';
import { conditionWords, type MethodName, methodNames } from './vocabulary.ts';

/**
 * Parses a rule: `CONDITION [METHODS] -> ACTION`. A rule without methods holds for `smtp` alone.
 *
 * @param functionName decides which actions are allowed
 * @param following the next rule of the file, for the hint when two rules stand on one line
 * @throws ScenarioError with the place
 */
export function parseRule(cursor: LineCursor, functionName: string, following: string | undefined): Rule {
  const condition = parseCondition(cursor);
  const methods = parseMethods(cursor);
  const start = cursor.text.length - cursor.text.trimStart().length;
  const action = parseAction(cursor, functionName, following);
  return {
    place: { ...cursor.place, column: start + 1 },
    text: cursor.text.slice(start, cursor.position).trimEnd(),
    condition,
    methods,
    action,
    holds: compileCondition(condition, cursor),
  };
}

function parseCondition(cursor: LineCursor): Condition {
  const negated = cursor.accept('!');
  cursor.skipBlanks();
  const column = cursor.column;
  const custom = cursor.take(/CustomCondition::(\w+)/y);
  const written = custom?.[0] ?? cursor.take(/[A-Za-z_]\w*/y)?.[0];
  if (written === undefined)
    throw cursor.fault('condition-malformed', 'a condition is expected here', { column });
  if (!cursor.accept('(')) throw cursor.fault('condition-malformed', `"(" is expected after ${written}`);
  const name = custom ? written : written.toLowerCase();
  const word = conditionWords[name];
  if (!custom && (!word || !Object.hasOwn(conditionWords, name)))
    throw cursor.fault('condition-unknown', `there is no condition ${written}`, {
      column,
      ...didYouMean(written, Object.keys(conditionWords)),
    });
  const given = parseArguments(cursor, written, word);
  return { name, negated, arguments: given, column };
}

function parseMethods(cursor: LineCursor): readonly MethodName[] {
  const methods: MethodName[] = [];
  while (!cursor.accept('->')) {
    if (cursor.accept(',')) continue;
    const match = cursor.take(/\w+/y);
    if (!match) throw cursor.fault('line-unknown', 'methods, "->" and an action are expected here');
    const word = match[0];
    if (!Object.hasOwn(methodNames, word))
      throw cursor.fault('method-unknown', `there is no authentication method ${word}`, {
        column: match.index + 1,
        ...didYouMean(word, Object.keys(methodNames)),
      });
    methods.push(word as MethodName);
  }
  return methods.length === 0 ? ['smtp'] : methods;
}
