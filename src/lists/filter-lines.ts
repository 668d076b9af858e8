import { z } from 'zod';
import { collectParameters } from '../config/collect-parameters.ts';
import type { ParameterShape, ShapeOutput } from '../config/parameter.ts';
import { readParameterLines } from '../config/parameter-lines.ts';
import { parseParameters } from '../config/read-parameters.ts';
import type { Place } from '../errors.ts';

/** What a `.ldap` or `.sql` file says. */
export interface FilterFile<Shape extends ParameterShape> {
  readonly values: ShapeOutput<Shape>;
  /** Where each parameter stands, as `sql_named_filter_query.statement`. */
  readonly places: ReadonlyMap<string, Place>;
}

/**
 * Reads a file of parameters, one a line; a backslash at its end continues a line on the next.
 *
 * @param retired names that are taken and change nothing
 * @throws ConfigError with every fault of the file
 */
export function readFilterFile<Shape extends ParameterShape>(
  text: string,
  file: string,
  shape: Shape,
  retired: readonly string[] = [],
): FilterFile<Shape> {
  const collected = collectParameters(readParameterLines(joined(text), file), { shape, retired }, file);
  const values = parseParameters(z.strictObject(shape), collected, file) as ShapeOutput<Shape>;
  return { values, places: collected.places };
}

/** Puts continued lines together; a comment stands where a line was, so that the others keep their numbers. */
function joined(text: string): string {
  const lines: string[] = [];
  let open: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    const continues = line.endsWith('\\') && !/^\s*[#;]/.test(line);
    open.push(continues ? line.slice(0, -1) : line);
    if (continues) continue;
    lines.push(open.join(' '), ...open.slice(1).map(() => '#'));
    open = [];
  }
  if (open.length > 0) lines.push(open.join(' '), ...open.slice(1).map(() => '#'));
  return lines.join('\n');
}
