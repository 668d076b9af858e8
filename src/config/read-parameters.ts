import type { z } from 'zod';
import type { Place } from '../errors.ts';
import type { CollectedParameters } from './collect-parameters.ts';
import { ConfigError, type ConfigProblem } from './error.ts';
import { infoOf, type ParameterInfo, type ParameterShape } from './parameter.ts';

/** Puts the values of one file over those of another. */
export function overlayParameters(
  below: CollectedParameters,
  above: CollectedParameters,
): CollectedParameters {
  const texts: Record<string, unknown> = { ...below.texts };
  for (const [name, value] of Object.entries(above.texts)) {
    const old = texts[name];
    texts[name] = isRecord(old) && isRecord(value) ? { ...old, ...value } : value;
  }
  return {
    texts,
    places: new Map([...below.places, ...above.places]),
    problems: above.problems,
    withoutEffect: above.withoutEffect,
  };
}

/**
 * Reads the values by the schema of the file.
 *
 * @param file names the file for what is missing
 * @throws ConfigError with every fault of the file
 */
export function parseParameters<Output>(
  schema: z.ZodType<Output> & { readonly shape: ParameterShape },
  collected: CollectedParameters,
  file: string,
): Output {
  const read = schema.safeParse(collected.texts);
  const faults = (read.error?.issues ?? []).map((issue) => problemOf(issue, schema.shape, collected, file));
  const problems = [...collected.problems, ...faults].toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0),
  );
  const [first, ...rest] = problems;
  if (first) throw ConfigError.of([first, ...rest]);
  return read.data as Output;
}

function problemOf(
  issue: z.core.$ZodIssue,
  shape: ParameterShape,
  collected: CollectedParameters,
  file: string,
): ConfigProblem {
  const path = issue.path.map(String);
  const name = path.filter((step) => !/^\d+$/.test(step)).join('.');
  const value = path.reduce<unknown>(
    (inside, step) => (inside as Record<string, unknown> | undefined)?.[step],
    collected.texts,
  );
  const place = placeOf(path, collected.places) ?? { file, line: 1 };
  if (value === undefined)
    return { code: 'missing-parameter', text: `${name} is not set`, place, hint: undefined };
  const shown = infoAt(shape, path)?.isSecret ? ':' : ` is "${String(value).slice(0, 80)}":`;
  return { code: 'bad-value', text: `${name}${shown} ${issue.message}`, place, hint: undefined };
}

function placeOf(path: readonly string[], places: ReadonlyMap<string, Place>): Place | undefined {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(path.slice(0, length).join('.'));
    if (place) return place;
  }
  return undefined;
}

function infoAt(shape: ParameterShape, path: readonly string[]): ParameterInfo | undefined {
  let info: ParameterInfo | undefined;
  let inside: ParameterShape | undefined = shape;
  for (const step of path) {
    const schema: z.ZodType | undefined = inside?.[step];
    if (schema) info = infoOf(schema);
    if (schema) inside = info?.members;
  }
  return info;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
