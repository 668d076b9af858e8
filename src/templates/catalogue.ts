import { join } from 'node:path';
import { isFaultOfFile, readFileIfThere } from '../files.ts';
import { TemplateError } from './error.ts';
import { fallbackLanguage, languagesOf } from './find-template.ts';

const maxCatalogueBytes = 262_144;

/** Short texts by section and key, in the language of one reader. */
export interface Catalogue {
  /**
   * Gives a text.
   *
   * @param section `reasons` or `certificate_codes`
   * @returns the text of the key, else that of the key `default`, else the key itself
   */
  text(section: string, key: string | null | undefined): string;
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Loads the catalogue of a reader from `LANG.json` in each folder: a nearer folder wins over a farther one, and the
 * language of the reader over English.
 *
 * @param folders folders `locales/` in the order of the search
 * @param onFault is told of each file that cannot be used, and it is passed over; without it such a file is an error
 * @throws TemplateError `catalogue-faulty`
 */
export async function loadCatalogue(
  folders: readonly string[],
  lang: string,
  onFault: (fault: TemplateError) => void = thrown,
): Promise<Catalogue> {
  const languages = [...new Set([...languagesOf(lang), fallbackLanguage])];
  const found: Sections[] = [];
  for (const language of languages)
    for (const folder of folders) {
      const sections = await readSections(join(folder, `${language}.json`), onFault);
      if (sections) found.push(sections);
    }
  const look = (section: string, key: string): string | undefined =>
    found.map((sections) => sections.get(section)?.get(key)).find((text) => text !== undefined);
  return { text: (section, key) => look(section, key ?? 'default') ?? look(section, 'default') ?? key ?? '' };
}

function thrown(fault: TemplateError): never {
  throw fault;
}

async function readSections(
  path: string,
  onFault: (fault: TemplateError) => void,
): Promise<Sections | undefined> {
  try {
    const bytes = await readFileIfThere(path, maxCatalogueBytes);
    if (!bytes) return undefined;
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return new Map(
      entriesOf(value).map(([section, texts]) => [section, new Map(entriesOf(texts).map(textEntry))]),
    );
  } catch (cause) {
    const isNoCatalogue = cause instanceof SyntaxError || cause instanceof TypeError;
    if (!isNoCatalogue && !isFaultOfFile(cause)) throw cause;
    const why = `${path} is not a readable JSON object of sections of texts of at most ${maxCatalogueBytes} bytes`;
    onFault(new TemplateError('catalogue-faulty', why, { cause }));
    return undefined;
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object');
  return Object.entries(value);
}

function textEntry([key, text]: [string, unknown]): [string, string] {
  if (typeof text !== 'string') throw new TypeError('no text');
  return [key, text];
}
