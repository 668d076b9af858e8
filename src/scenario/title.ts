import type { Scenario, ScenarioTitles } from './syntax.ts';

/** A title line. */
export const titleForm = /^title(?:\.([\w-]+))?\s+(\S.*)$/i;

/** Old codes of Sympa, and the language tags (RFC 5646 §2.1) that they stand for. */
const oldCodes: Readonly<Record<string, string>> = {
  us: 'en-US',
  cn: 'zh-CN',
  tw: 'zh-TW',
  cz: 'cs',
  en_us: 'en-US',
  zh_cn: 'zh-CN',
  zh_tw: 'zh-TW',
  pt_br: 'pt-BR',
};

/** Titles while a file is read. */
interface TitlesBeingRead extends ScenarioTitles {
  plain: string | undefined;
  gettext: string | undefined;
  readonly byLanguage: Map<string, string>;
}

/** Takes a title line in; the first of a kind stays. */
export function readTitle(line: string, titles: TitlesBeingRead): void {
  const match = titleForm.exec(line);
  if (!match) return;
  const text = match[2]!.trim();
  const language = match[1]?.toLowerCase();
  if (language === undefined) titles.plain ??= text;
  else if (language === 'gettext') titles.gettext ??= text;
  else {
    const tag = oldCodes[language] ?? match[1]!.replaceAll('_', '-');
    if (!titles.byLanguage.has(tag)) titles.byLanguage.set(tag, text);
  }
}

/**
 * Chooses the title for a reader: by language, then the catalogue of translations, then the plain title, then the name.
 *
 * @param languages tags the reader wants, best first; `fr-CA` also takes `fr`, and `en` any English
 * @param translate looks a `title.gettext` text up for the reader; the text itself where it is missing
 */
export function titleOf(
  scenario: Pick<Scenario, 'titles' | 'name'>,
  languages: readonly string[],
  translate: (text: string) => string = (text) => text,
): string {
  const { plain, gettext, byLanguage } = scenario.titles;
  for (const wanted of languages) {
    const found = titleIn(byLanguage, wanted.toLowerCase());
    if (found !== undefined) return found;
  }
  return gettext === undefined ? (plain ?? scenario.name) : translate(gettext);
}

/** RFC 4647 §3.4: the tag, then shorter ones; last, any region of the language. */
function titleIn(byLanguage: ReadonlyMap<string, string>, wanted: string): string | undefined {
  const tags = [...byLanguage].map(([tag, text]) => [tag.toLowerCase(), text] as const);
  const parts = wanted.split('-');
  for (let length = parts.length; length > 0; length--) {
    const prefix = parts.slice(0, length).join('-');
    const exact = tags.find(([tag]) => tag === prefix);
    if (exact) return exact[1];
  }
  return tags.find(([tag]) => tag.startsWith(`${parts[0]}-`))?.[1];
}
