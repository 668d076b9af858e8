import { ScenarioError } from './error.ts';
import { LineCursor } from './line-cursor.ts';
import { didYouMean, nearestWord } from './nearest-word.ts';
import { parseRule } from './parse-rule.ts';
import type { Remark, Rule, Scenario, ScenarioSource, ScenarioText, ScenarioTitles } from './syntax.ts';
import { readTitle, titleForm } from './title.ts';
import { variableWords } from './vocabulary.ts';

/** What a caller gives beside the text. */
export interface ParseOptions {
  /**
   * Gives the text of `scenari/include.NAME`, already read, or `undefined` where there is none. It is also asked for
   * `<function>.header`, whose rules stand in front of all.
   */
  readonly resolveInclude?: (name: string) => ScenarioText | undefined;
  /** True when the function is in `use_blocklist`: the filter `blocklist.txt` is asked before everything. */
  readonly blocklist?: boolean;
  /** Tells whether the list has a parameter `[list->NAME]`; without it every name is taken. */
  readonly isListParameter?: (name: string) => boolean;
}

const maxTextLength = 262_144;
const maxRules = 2_000;
const maxIncludeDepth = 8;

const includeForm = /^\s*include\b[ \t]*\(?[ \t]*(["']?)([\w.-]+)\1[ \t]*\)?\s*$/i;

/** The rule that asks the blocklist. */
const blocklistText = {
  file: 'blocklist',
  text: "search('blocklist.txt') smtp,md5,smime -> reject,quiet",
} as const;

/**
 * Parses a scenario. The grammar, line by line:
 *
 * - empty, `# …`, and a single bare word: skipped;
 * - `title TEXT`, `title.LANG TEXT`, `title.gettext TEXT`;
 * - `include NAME`, `include(NAME)`, `include('NAME')`: the rules of `scenari/include.NAME`;
 * - `CONDITION [METHODS] -> ACTION`;
 * - anything else is an error.
 *
 * @param text whole file, at most 262,144 characters
 * @throws ScenarioError with file, line and column
 */
export function parseScenario(text: string, source: ScenarioSource, options: ParseOptions = {}): Scenario {
  const parser = new Parser(source, options);
  if (options.blocklist) parser.readFile(blocklistText, []);
  const header = options.resolveInclude?.(`${source.function}.header`);
  if (header) parser.readFile(header, [`${source.function}.header`]);
  const titles = parser.readFile({ file: source.file, text }, []);
  return {
    file: source.file,
    function: source.function,
    name: source.name,
    titles,
    rules: parser.rules,
    remarks: parser.remarks,
  };
}

/**
 * Names the includes of a text, so that a caller can read them before it parses.
 *
 * @returns names as `resolveInclude` is asked for them; those of the included files are to be asked for in turn
 */
export function includesOf(text: string): readonly string[] {
  const names = linesOf(text).map((line) => includeForm.exec(withoutComment(line))?.[2]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

class Parser {
  readonly rules: Rule[] = [];
  readonly remarks: Remark[] = [];
  readonly #source: ScenarioSource;
  readonly #options: ParseOptions;

  constructor(source: ScenarioSource, options: ParseOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Reads a file, its includes spliced in. */
  readFile({ file, text }: ScenarioText, trail: readonly string[]): ScenarioTitles {
    if (text.length > maxTextLength)
      throw new ScenarioError('scenario-too-large', `the file is longer than ${maxTextLength} characters`, {
        place: { file, line: 1, column: 1 },
      });
    const byLanguage = new Map<string, string>();
    const titles = {
      plain: undefined as string | undefined,
      gettext: undefined as string | undefined,
      byLanguage,
    };
    const lines = linesOf(text);
    for (const [index, line] of lines.entries()) {
      const bare = withoutComment(line).trim();
      if (bare === '' || /^\w+$/.test(bare)) continue;
      const cursor = new LineCursor({ file, line: index + 1 }, line);
      if (titleForm.test(bare)) readTitle(bare, titles);
      else if (/^include\b/i.test(bare)) this.#include(cursor, bare, trail);
      else this.#addRule(cursor, lines.slice(index + 1));
    }
    return titles;
  }

  #include(cursor: LineCursor, line: string, trail: readonly string[]): void {
    const name = includeForm.exec(line)?.[2];
    cursor.skipBlanks();
    if (name === undefined)
      throw cursor.fault('line-unknown', 'an include names one file', { hint: 'write include NAME' });
    if (trail.includes(name) || trail.length >= maxIncludeDepth)
      throw cursor.fault('include-loop', `include.${name} includes itself, or stands too deep`);
    const included = this.#options.resolveInclude?.(name);
    if (included) this.readFile(included, [...trail, name]);
    else this.#remark(cursor, cursor.column, `there is no file include.${name}; the line changes nothing`);
  }

  #addRule(cursor: LineCursor, later: readonly string[]): void {
    cursor.skipBlanks();
    const { text } = cursor;
    if (!text.includes('->') && !text.includes('('))
      throw cursor.fault('line-unknown', 'this is neither a title, an include nor a rule', {
        ...didYouMean(text.trim().split(/[\s.]/)[0]!, ['title', 'include']),
      });
    if (this.rules.length >= maxRules)
      throw cursor.fault('scenario-too-large', `there are more than ${maxRules} rules`);
    const following = later.find((line) => withoutComment(line).includes('->'));
    const rule = parseRule(cursor, this.#source.function, following);
    this.#checkVariables(cursor, rule);
    if (rule.methods.includes('dkim') && !rule.methods.includes('smtp'))
      this.#remark(
        cursor,
        rule.place.column,
        'dkim is another name of smtp: here the From field alone is proof',
      );
    this.rules.push(rule);
  }

  #checkVariables(cursor: LineCursor, rule: Rule): void {
    for (const argument of rule.condition.arguments) {
      if (argument.kind !== 'variable') continue;
      const { path, column } = argument;
      const [space, key] = path.split('->');
      if (space === 'list' && this.#options.isListParameter?.(key!) === false)
        throw cursor.fault('variable-unknown', `a list has no parameter ${key}`, { column });
      if (key !== undefined || Object.hasOwn(variableWords, path)) continue;
      const near = nearestWord(path, Object.keys(variableWords));
      const meant = near === undefined ? '' : `; perhaps [${near}] is meant`;
      this.#remark(cursor, column, `[${path}] is not a variable of the language${meant}`);
    }
  }

  #remark({ place }: LineCursor, column: number, text: string): void {
    this.remarks.push({ place: { ...place, column }, text });
  }
}

function linesOf(text: string): readonly string[] {
  return text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/);
}

/** For lines that are no rules: there a `#` is a comment wherever it stands. */
function withoutComment(line: string): string {
  const hash = line.indexOf('#');
  return hash === -1 ? line : line.slice(0, hash);
}
