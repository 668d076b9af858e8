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
/** What a query may take outside quotes, where words are its language. */
const numberForm = /^-?\d+$/;
/** Where a query has one of these, it is not plain where a quotation ends: an escape, a comment, another kind of quote. */
const unclearQuotes = /\\|--|\/\*|\$\w*\$|`|\[(?!%)/;

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
  const fill = (line: string) =>
    line.replace(parameterForm, (_, index: string, at: number) => {
      const value = values[Number(index)];
      if (value === undefined)
        throw new SourcesError('source-bad-parameter', `${source}.incl needs parameter ${index}`);
      if (numberForm.test(value) || !isOpenQuery(line, at)) return value;
      throw new SourcesError(
        'source-bad-parameter',
        `parameter ${index} of ${source}.incl must be a number`,
        {
          hint: "write '[% param.NUMBER %]' in quotes into sql_query where it takes text",
        },
      );
    });
  const whole = text.split('\n').map(fill).join('\n');
  if (/\[%|%\]/.test(whole))
    throw new SourcesError('source-unsupported', `${source}.incl has more in [% %] than param.NUMBER`);
  return whole;
}

/** Tells whether a place of a line is one of a query outside its quotes. */
function isOpenQuery(line: string, at: number): boolean {
  if (!/^\s*sql_query\s/.test(line)) return false;
  if (unclearQuotes.test(line)) return true;
  const quoted = line.matchAll(/'[^']*'|"[^"]*"/g);
  return ![...quoted].some(({ 0: text, index }) => index < at && at < index + text.length);
}
