import type { Place } from '../errors.ts';
import { didYouMean } from '../scenario/nearest-word.ts';
import { type ArgumentKindName, argumentKinds } from './argument-kinds.ts';
import { type CommandName, commandNamed, commandWords, refusedWords, wordOf } from './command-words.ts';
import { TaskError } from './error.ts';
import { fillReferences, listHint, type ReferenceValues, references } from './references.ts';

/** A command of a model with its arguments, checked, references filled in. */
export interface TaskCommand {
  readonly name: CommandName;
  readonly arguments: readonly string[];
  /** The variable that takes what it gives. */
  readonly variable?: string;
  readonly place: Required<Place>;
}

/** A task model as it was read. */
export interface TaskModel {
  readonly file: string;
  /** By language tag; `''` for the plain title, `gettext` for the one to be translated. */
  readonly titles: ReadonlyMap<string, string>;
  readonly commands: readonly TaskCommand[];
  /** For each label the number of the command that follows it. */
  readonly labels: ReadonlyMap<string, number>;
}

const maxTextLength = 65_536;
const maxLines = 2_000;
const maxLineLength = 4_096;
const maxArguments = 32;

const titleForm = /^title(?:\.([\w-]{1,32}))?[ \t]+(\S.*)$/i;
const labelForm = /^\/[ \t]*(\w{1,64})$/;
const commandForm = /^(?:(@\w{1,64})[ \t]*=[ \t]*)?(\w{1,64})[ \t]*(?:\((.*)\))?$/;

/**
 * Parses a task model. The grammar, line by line:
 *
 * - empty, `# …`: skipped;
 * - `title TEXT`, `title.LANG TEXT`, `title.gettext TEXT`;
 * - `/LABEL`;
 * - `COMMAND (argument, argument…)`, in whatever case; blanks in arguments do not count;
 * - `@variable = COMMAND (…)` for commands that give addresses.
 *
 * Nothing is carried out before all of it was checked.
 *
 * @param text whole file, at most 65,536 characters
 * @throws TaskError with file, line and column
 */
export function parseTaskModel(text: string, file: string, values: ReferenceValues): TaskModel {
  const lines = text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/);
  if (text.length > maxTextLength || lines.length > maxLines)
    throw new TaskError('model-too-large', `a task model has at most ${maxLines} lines`, {
      place: { file, line: 1, column: 1 },
    });
  const parser = new Parser(file, values);
  for (const [index, line] of lines.entries()) parser.readLine(line, index + 1);
  return parser.finish();
}

/** One line without its blanks, and where it starts. */
interface Line {
  readonly text: string;
  readonly line: number;
  /** Of the first character of `text`. */
  readonly column: number;
}

interface Argument {
  readonly kind: ArgumentKindName;
  readonly value: string;
  /** Where it starts in its line. */
  readonly at: number;
}

class Parser {
  readonly #file: string;
  readonly #values: ReferenceValues;
  readonly #titles = new Map<string, string>();
  readonly #commands: TaskCommand[] = [];
  readonly #labels = new Map<string, number>();
  readonly #variables = new Set<string>();
  readonly #labelsUsed: { readonly label: string; readonly place: Required<Place> }[] = [];

  constructor(file: string, values: ReferenceValues) {
    this.#file = file;
    this.#values = values;
  }

  readLine(whole: string, number: number): void {
    const text = whole.trim();
    const line = { text, line: number, column: whole.length - whole.trimStart().length + 1 };
    if (text === '' || text.startsWith('#')) return;
    if (text.length > maxLineLength) throw this.#fault('line-unknown', 'the line is too long', line);
    const title = titleForm.exec(text);
    if (title) this.#readTitle(title);
    else if (text.startsWith('/')) this.#readLabel(line);
    else this.#readCommand(line);
  }

  finish(): TaskModel {
    for (const { label, place } of this.#labelsUsed)
      if (!this.#labels.has(label))
        throw new TaskError('label-unknown', `there is no label ${label}`, {
          place,
          ...didYouMean(label, this.#labels.keys()),
        });
    return { file: this.#file, titles: this.#titles, commands: this.#commands, labels: this.#labels };
  }

  #readTitle([, language = '', text = '']: RegExpExecArray): void {
    const key = language.toLowerCase() === 'gettext' ? 'gettext' : language.replaceAll('_', '-');
    if (!this.#titles.has(key)) this.#titles.set(key, text);
  }

  #readLabel(line: Line): void {
    const label = labelForm.exec(line.text)?.[1];
    if (label === undefined)
      throw this.#fault('line-unknown', 'a label is a word of letters, digits and _ behind /', line);
    if (this.#labels.has(label)) throw this.#fault('label-twice', `the label ${label} is there before`, line);
    this.#labels.set(label, this.#commands.length);
  }

  #readCommand(line: Line): void {
    const match = commandForm.exec(line.text);
    if (!match)
      throw this.#fault('line-unknown', 'a command has the form COMMAND (argument, …)', line, {
        hint: 'a line is a # comment, a title, a /LABEL, a command, or @variable = a command',
      });
    const [, variable, word = ''] = match;
    const at = variable === undefined ? 0 : line.text.indexOf(word, line.text.indexOf('=') + 1);
    const name = this.#nameOf(word, line, at);
    if (variable !== undefined && wordOf(name).gives === undefined)
      throw this.#fault('assignment-impossible', `${name} gives nothing that a variable could take`, line);
    const given = this.#readArguments(name, match[3], line);
    for (const one of given) this.#note(one, line);
    if (variable !== undefined) this.#variables.add(variable);
    const place = { file: this.#file, line: line.line, column: line.column + at };
    this.#commands.push({
      name,
      arguments: given.map(({ value }) => value),
      place,
      ...(variable !== undefined && { variable }),
    });
  }

  #nameOf(word: string, line: Line, at: number): CommandName {
    const name = commandNamed(word);
    if (name !== undefined) return name;
    const known = word.toLowerCase();
    if (Object.hasOwn(refusedWords, known))
      throw this.#fault('command-refused', `${known} is no command here: ${refusedWords[known]}`, line, {
        at,
      });
    throw this.#fault('command-unknown', `there is no command ${word}`, line, {
      at,
      ...didYouMean(word, Object.keys(commandWords)),
    });
  }

  #readArguments(name: CommandName, text: string | undefined, line: Line): readonly Argument[] {
    const inside = text ?? '';
    const raw = inside.trim() === '' ? [] : inside.split(',');
    const { arguments: kinds, repeats } = wordOf(name);
    const fits = repeats
      ? raw.length >= kinds.length && raw.length <= maxArguments
      : raw.length === kinds.length;
    if (!fits)
      throw this.#fault(
        'argument-count',
        `${name} takes ${kinds.length} arguments, not ${raw.length}`,
        line,
        {
          hint: usageOf(name),
        },
      );
    let at = line.text.indexOf('(') + 1;
    return raw.map((part, index) => {
      const start = at;
      at += part.length + 1;
      return this.#readArgument(part, name, index, { line, start });
    });
  }

  #readArgument(
    part: string,
    name: CommandName,
    index: number,
    { line, start }: { readonly line: Line; readonly start: number },
  ): Argument {
    const { arguments: kinds } = wordOf(name);
    const kindName = kinds[index] ?? kinds.at(-1)!;
    const kind = argumentKinds[kindName];
    const at = Math.min(start + part.length - part.trimStart().length, line.text.length);
    const filled = fillReferences(part.replaceAll(/[ \t]/g, ''), this.#values, (reference) => {
      const offset = Math.max(part.indexOf('['), 0);
      throw this.#fault('reference-unknown', `[${reference}] stands for nothing here`, line, {
        at: start + offset,
        ...(Object.hasOwn(references, reference) && { hint: listHint }),
      });
    });
    if (!kind.fits(filled))
      throw this.#fault('argument-kind', `argument ${index + 1} of ${name} is not ${kind.meaning}`, line, {
        at,
        hint: usageOf(name),
      });
    return { kind: kindName, value: filled, at };
  }

  /** Labels may come later; variables have to be there. */
  #note({ kind, value, at }: Argument, line: Line): void {
    if (kind === 'label') {
      const place = { file: this.#file, line: line.line, column: line.column + at };
      this.#labelsUsed.push({ label: value, place });
    } else if (kind === 'variable' && !this.#variables.has(value))
      throw this.#fault('variable-unknown', `${value} has no value before this line`, line, {
        at,
        ...didYouMean(value, this.#variables),
      });
  }

  #fault(
    code: ConstructorParameters<typeof TaskError>[0],
    text: string,
    line: Line,
    { at = 0, hint }: { readonly at?: number; readonly hint?: string } = {},
  ): TaskError {
    const place = { file: this.#file, line: line.line, column: line.column + at };
    return new TaskError(code, text, { place, ...(hint !== undefined && { hint }) });
  }
}

function usageOf(name: CommandName): string {
  const { arguments: kinds, repeats } = wordOf(name);
  return `${name} (${kinds.join(', ')}${repeats ? ', …' : ''})`;
}
