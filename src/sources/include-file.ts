import { join } from 'node:path';
import { z } from 'zod';
import { collectParameters } from '../config/collect-parameters.ts';
import { readConfigText } from '../config/config-text.ts';
import type { ShapeOutput } from '../config/parameter.ts';
import { readParameterLines } from '../config/parameter-lines.ts';
import { includeParameters } from '../config/parameters/data-sources.ts';
import { parseParameters } from '../config/read-parameters.ts';
import type { Site } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { searchPath } from '../lists/search-path.ts';
import { SourcesError } from './error.ts';

/** The sources that a file `NAME.incl`, or the `config` of a list, names. */
export type IncludeValues = ShapeOutput<typeof includeParameters>;

/** Which file, and what its parameters stand for. */
export interface IncludeReference {
  readonly source: string;
  readonly source_parameters?: string | undefined;
}

const folder = 'data_sources';
const schema = z.strictObject(includeParameters);
const parameterForm = /\[%[-+~]?[ \t]*param\.(\d{1,2})[ \t]*[-+~]?%\]/g;
/** What could end a value of a query, a filter or a line. */
const unsafeForm = /[\p{Cc}'"`\\;()*%[\]]/u;

/**
 * Reads a file of data sources, the nearest of list, domain, site and what is shipped.
 *
 * @throws SourcesError `source-missing`, `source-bad-parameter`; ConfigError with every fault of the file
 */
export async function readIncludeFile(
  reference: IncludeReference,
  list: List,
  site: Site,
): Promise<IncludeValues> {
  const name = `${reference.source}.incl`;
  for (const directory of searchPath(site, list)) {
    const file = join(directory, folder, name);
    const text = await readConfigText(file);
    if (text !== undefined) return parseIncludes(filled(text, reference), file);
  }
  throw new SourcesError('source-missing', `there is no file ${name}`, {
    hint: `put it into ${folder}/ of the list, its domain or the site`,
  });
}

function parseIncludes(text: string, file: string): IncludeValues {
  const kind = { shape: includeParameters, retired: [] };
  const collected = collectParameters(readParameterLines(text, file), kind, file);
  return parseParameters(schema, collected, file);
}

/** Puts the parameters in. Who may set them may not write a query or filter by them. */
function filled(text: string, { source, source_parameters: given = '' }: IncludeReference): string {
  const values = given === '' ? [] : given.split(',').map((value) => value.trim());
  if (values.some((value) => unsafeForm.test(value)))
    throw new SourcesError('source-bad-parameter', 'source_parameters holds a quote, bracket or the like');
  const whole = text.replace(parameterForm, (_, index: string) => {
    const value = values[Number(index)];
    if (value === undefined)
      throw new SourcesError('source-bad-parameter', `${source}.incl needs parameter ${index}`);
    return value;
  });
  if (/\[%|%\]/.test(whole))
    throw new SourcesError('source-unsupported', `${source}.incl has more in [% %] than param.NUMBER`);
  return whole;
}
