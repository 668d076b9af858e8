import { join } from 'node:path';
import { isFaultOfFile, readFileIfThere } from '../files.ts';
import { TemplateError } from './error.ts';

const maxTemplateBytes = 65_536;

/** Language of last resort. */
export const fallbackLanguage = 'en';

/** A template file as it was read. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Lists the languages to try for a reader, best first: `fr-CA`, then `fr`. RFC 4647 §3.4.
 *
 * @param lang language tag; what is none gives no language
 */
export function languagesOf(lang: string): readonly string[] {
  if (!/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/.test(lang)) return [];
  const parts = lang.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}

/**
 * Reads the files that may serve for a service mail, best first. Each folder is asked for `NAME.LANG.liquid` in the
 * languages of the reader, then for `NAME.liquid`, which serves every language; last come the English files.
 *
 * @param folders the search path: list, robot, site, defaults
 * @param onFault is told of each file that cannot be read, or is too large: it is passed over
 * @throws TemplateError `template-missing`
 */
export async function findTemplates(
  name: string,
  lang: string,
  folders: readonly string[],
  onFault: (fault: TemplateError) => void,
): Promise<readonly TemplateFile[]> {
  const languages = languagesOf(lang);
  const local = [...languages.map((language) => `${name}.${language}.liquid`), `${name}.liquid`];
  const paths = [
    ...folders.flatMap((folder) => local.map((file) => join(folder, file))),
    ...folders.map((folder) => join(folder, `${name}.${fallbackLanguage}.liquid`)),
  ];
  const found: TemplateFile[] = [];
  for (const path of new Set(paths)) {
    const bytes = await readTemplate(path, onFault);
    if (bytes) found.push({ path, text: new TextDecoder().decode(bytes) });
  }
  if (found.length === 0) throw new TemplateError('template-missing', `there is no template ${name}`);
  return found;
}

async function readTemplate(
  path: string,
  onFault: (fault: TemplateError) => void,
): Promise<Uint8Array | undefined> {
  try {
    return await readFileIfThere(path, maxTemplateBytes);
  } catch (cause) {
    if (!isFaultOfFile(cause)) throw cause;
    const why = `${path} cannot be read, or is larger than ${maxTemplateBytes} bytes`;
    onFault(new TemplateError('template-faulty', why, { cause, place: { file: path, line: 1 } }));
    return undefined;
  }
}
