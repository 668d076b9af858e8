import { RE2JS } from 're2js';
import type { Log } from '../log.ts';

/** What was compiled, by the whole expression; `undefined` for one that cannot be. */
const compiled = new Map<string, RE2JS | undefined>();

/**
 * Compiles the pattern of a parameter, once. It is tried in linear time, since what it is tried on comes from anywhere.
 *
 * @param parameter its name, for the log
 * @param expression the pattern with its anchors; case does not count
 * @returns `undefined` where it cannot be used: Perl's patterns are more than linear time allows, and one that is not
 * taken must not stop all mail
 */
export function sitePattern(parameter: string, expression: string, log: Log): RE2JS | undefined {
  if (compiled.has(expression)) return compiled.get(expression);
  const pattern = compile(expression);
  if (!pattern) log.error(`${parameter} not usable`, { pattern: expression });
  compiled.set(expression, pattern);
  return pattern;
}

function compile(expression: string): RE2JS | undefined {
  try {
    return RE2JS.compile(expression, RE2JS.CASE_INSENSITIVE);
  } catch {
    return undefined;
  }
}
