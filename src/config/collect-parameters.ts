import type { Place } from '../errors.ts';
import type { ConfigErrorCode, ConfigProblem } from './error.ts';
import { nearestName } from './nearest-name.ts';
import { infoOf, type ParameterInfo, type ParameterShape } from './parameter.ts';
import type { ParameterFile, ParameterLine, ParameterParagraph } from './parameter-lines.ts';

/** The values of a file as text, by name; a paragraph is a record, whatever repeats an array. */
export type ParameterTexts = Readonly<Record<string, unknown>>;

/** What was found in one or more files. */
export interface CollectedParameters {
  readonly texts: ParameterTexts;
  /** Where each stands; the key is the path with dots between: `owner.0.email`. */
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly ConfigProblem[];
  /** Names that were given and that nothing of this version looks at. */
  readonly withoutEffect: readonly string[];
}

/** How a kind of file is read. */
export interface ParameterFileKind {
  readonly shape: ParameterShape;
  /** Names that are accepted and forgotten. */
  readonly retired: readonly string[];
  /** True for `robot.conf`, which may not set what is the site's alone. */
  readonly refuseSiteOnly?: boolean;
}

/** Sorts the lines of a file under the parameters of its kind. */
export function collectParameters(
  source: ParameterFile,
  kind: ParameterFileKind,
  file: string,
): CollectedParameters {
  const collector = new Collector(kind, file, source.problems);
  for (const entry of source.entries) {
    if ('members' in entry) collector.takeParagraph(entry);
    else collector.takeLine(entry);
  }
  return collector.result();
}

interface Target {
  readonly path: readonly [string] | readonly [string, string];
  readonly info: ParameterInfo;
}

/** To find the nearest of all names takes about a millisecond; a file of another kind has thousands of unknown ones. */
const maxHints = 50;

class Collector {
  readonly #kind: ParameterFileKind;
  readonly #file: string;
  readonly #problems: ConfigProblem[];
  readonly #texts: Record<string, unknown> = {};
  readonly #places = new Map<string, Place>();
  readonly #withoutEffect = new Set<string>();
  readonly #names: ReadonlyMap<string, Target>;
  readonly #aliases: ReadonlyMap<string, Target>;
  #hintsLeft = maxHints;

  constructor(kind: ParameterFileKind, file: string, problems: readonly ConfigProblem[]) {
    this.#kind = kind;
    this.#file = file;
    this.#problems = [...problems];
    const { names, aliases } = indexOf(kind.shape);
    this.#names = names;
    this.#aliases = aliases;
  }

  result(): CollectedParameters {
    const withoutEffect = [...this.#withoutEffect];
    return { texts: this.#texts, places: this.#places, problems: this.#problems, withoutEffect };
  }

  takeLine(line: ParameterLine): void {
    const target = this.#aliases.get(line.name) ?? this.#names.get(line.name);
    if (!target) this.#unknown(line.name, line.line, this.#names.keys());
    else if (target.info.members) {
      const hint = `put the name ${line.name} alone on its line and each of its parameters on a line below`;
      this.#fault('bad-syntax', `${line.name} is a paragraph and takes no value`, line.line, hint);
    } else this.#set(target, line);
  }

  takeParagraph(paragraph: ParameterParagraph): void {
    const { name, members, line } = paragraph;
    const target = this.#names.get(name);
    if (target && !target.info.members) {
      this.#fault('bad-syntax', `${name} has no value`, line);
      for (const member of members) this.takeLine(member);
    } else if (target?.info.repeats) this.#takeRepeated(target.info, paragraph);
    else if (target || this.#hasAliasesUnder(name))
      for (const member of members) this.#takeMember(name, member);
    else this.#unknown(name, line, this.#names.keys());
  }

  #takeMember(paragraph: string, member: ParameterLine): void {
    const dotted = `${paragraph}.${member.name}`;
    const target = this.#aliases.get(dotted) ?? this.#names.get(dotted);
    if (target) this.#set(target, member);
    else this.#unknown(member.name, member.line, this.#membersOf(paragraph));
  }

  #membersOf(paragraph: string): readonly string[] {
    const prefix = `${paragraph}.`;
    return [...this.#names.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  #takeRepeated(info: ParameterInfo, { name, line, members }: ParameterParagraph): void {
    const values: Record<string, string> = {};
    const list = this.#listOf(name) as Record<string, string>[];
    const key = `${name}.${list.length}`;
    list.push(values);
    this.#places.set(key, { file: this.#file, line });
    if (info.effect) this.#withoutEffect.add(name);
    const shape = info.members!;
    for (const member of members) {
      const known = Object.keys(shape);
      const own = known.find(
        (one) => one === member.name || infoOf(shape[one]!).aliases?.includes(member.name),
      );
      if (own === undefined) this.#unknown(member.name, member.line, known);
      else if (own in values)
        this.#fault('duplicate-parameter', `${member.name} is set twice in ${name}`, member.line);
      else {
        values[own] = member.value;
        this.#places.set(`${key}.${own}`, { file: this.#file, line: member.line });
      }
    }
  }

  #set({ path, info }: Target, { name, value, line }: ParameterLine): void {
    const key = path.join('.');
    const earlier = info.repeats ? undefined : this.#places.get(key);
    if (this.#kind.refuseSiteOnly && info.siteOnly)
      this.#fault(
        'misplaced-parameter',
        `${name} holds for the whole site`,
        line,
        `set ${key} in sympa.conf`,
      );
    else if (earlier) {
      const also = name === key ? '' : ` (${name} is another name of it)`;
      this.#fault('duplicate-parameter', `${key} is set in line ${earlier.line} already${also}`, line);
    } else {
      if (info.effect) this.#withoutEffect.add(key);
      this.#put(path, info.repeats === true, value, line);
    }
  }

  #put([first, second]: Target['path'], repeats: boolean, value: string, line: number): void {
    const place = { file: this.#file, line };
    if (repeats) {
      const list = this.#listOf(first);
      this.#places.set(`${first}.${list.length}`, place);
      list.push(value);
      return;
    }
    this.#places.set(second === undefined ? first : `${first}.${second}`, place);
    const record = second === undefined ? this.#texts : this.#recordOf(first);
    record[second ?? first] = value;
  }

  #listOf(name: string): unknown[] {
    this.#texts[name] ??= [];
    return this.#texts[name] as unknown[];
  }

  #recordOf(name: string): Record<string, unknown> {
    this.#texts[name] ??= {};
    return this.#texts[name] as Record<string, unknown>;
  }

  #hasAliasesUnder(name: string): boolean {
    return [...this.#aliases.keys()].some((alias) => alias.startsWith(`${name}.`));
  }

  #unknown(name: string, line: number, known: Iterable<string>): void {
    if (this.#kind.retired.includes(name)) {
      this.#withoutEffect.add(name);
      return;
    }
    const nearest = this.#hintsLeft-- > 0 ? nearestName(name, known) : undefined;
    const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`;
    this.#fault('unknown-parameter', `unknown parameter ${name}`, line, hint);
  }

  #fault(code: ConfigErrorCode, message: string, line: number, hint?: string): void {
    this.#problems.push({ code, text: message, place: { file: this.#file, line }, hint });
  }
}

interface NameIndex {
  readonly names: ReadonlyMap<string, Target>;
  readonly aliases: ReadonlyMap<string, Target>;
}

const indexes = new WeakMap<ParameterShape, NameIndex>();

function indexOf(shape: ParameterShape): NameIndex {
  const kept = indexes.get(shape);
  if (kept) return kept;
  const names = new Map<string, Target>();
  const aliases = new Map<string, Target>();
  for (const [name, schema] of Object.entries(shape)) {
    const info = infoOf(schema);
    names.set(name, { path: [name], info });
    for (const alias of info.aliases ?? []) aliases.set(alias, { path: [name], info });
    // The members of a paragraph that repeats are told apart by the paragraph alone.
    if (info.repeats || !info.members) continue;
    for (const [member, memberSchema] of Object.entries(info.members)) {
      const target: Target = { path: [name, member], info: infoOf(memberSchema) };
      names.set(`${name}.${member}`, target);
      for (const alias of infoOf(memberSchema).aliases ?? []) aliases.set(alias, target);
    }
  }
  const index = { names, aliases };
  indexes.set(shape, index);
  return index;
}
