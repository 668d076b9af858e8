import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { readConfigText } from '../config/config-text.ts';
import { listSchema } from '../config/list-parameters.ts';
import type { Robot, Site } from '../config/site.ts';
import { type Log, silentLog } from '../log.ts';
import { ScenarioError } from '../scenario/error.ts';
import { includesOf, parseScenario } from '../scenario/parse.ts';
import type { Scenario, ScenarioText } from '../scenario/syntax.ts';
import type { List } from './list.ts';
import { NamedFilters } from './named-filters.ts';
import { fileFingerprint, robotOf, searchPath } from './search-path.ts';

/** A scenario, or why there is none; without one everything is refused. */
export type LoadedScenario =
  | { readonly status: 'loaded'; readonly scenario: Scenario; readonly file: string }
  | { readonly status: 'missing'; readonly code: 'scenario-not-found'; readonly file: string }
  | {
      readonly status: 'faulty';
      readonly code: 'not-compiled';
      readonly file: string;
      readonly error: ScenarioError;
    };

/** The most files that one scenario is put together from. */
const maxIncludedFiles = 32;

const safeName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

const toolParts = { clock: systemClock, log: silentLog };

interface KeptText {
  readonly fingerprint: string;
  readonly text: string;
}

interface KeptScenario {
  readonly fingerprint: string;
  readonly loaded: LoadedScenario;
}

/** Names of `[list->NAME]` that are no parameter of the `config`. */
const computedListValues = new Set(['name', 'address', 'total', 'domain', 'host']);

/** Finds and reads scenarios on the path list, domain, site, shipped; a file that changed is read again. */
export class ScenarioFiles {
  /** What their conditions `search(…)` ask. */
  readonly filters: NamedFilters;
  readonly #site: Site;
  readonly #texts = new Map<string, KeptText>();
  readonly #scenarios = new Map<string, KeptScenario>();

  /** @param parts a tool that runs once leaves them out */
  constructor(site: Site, parts: { readonly clock: Clock; readonly log: Log } = toolParts) {
    this.#site = site;
    this.filters = new NamedFilters(site, parts);
  }

  /**
   * Reads a scenario with its includes.
   *
   * @param functionName what is to be decided: `send`
   * @param name the name that a parameter gives: `private`
   * @param where whose scenarios come first
   */
  async load(functionName: string, name: string, where: List | Robot): Promise<LoadedScenario> {
    const found = await this.findScenarioFile(where, functionName, name);
    if (!found) return { status: 'missing', code: 'scenario-not-found', file: `${functionName}.${name}` };
    const includes = await this.#includes(where, functionName, found.text);
    const files = [found, ...includes.values()];
    const fingerprint = files.map(({ file }) => `${file} ${this.#texts.get(file)?.fingerprint}`).join('\n');
    const key = `${found.file}\n${functionName}.${name}\n${folderOf(where)}`;
    const kept = this.#scenarios.get(key);
    if (kept?.fingerprint === fingerprint) return kept.loaded;
    const loaded = parse(found, functionName, name, includes, asksBlocklist(functionName, where));
    this.#scenarios.set(key, { fingerprint, loaded });
    return loaded;
  }

  /**
   * Finds the file of a scenario: the folder `scenari` of the list, of its domain, of the site, then the shipped one.
   *
   * @returns its path and text, or `undefined`
   */
  async findScenarioFile(
    where: List | Robot,
    functionName: string,
    name: string,
  ): Promise<ScenarioText | undefined> {
    const fileName = `${functionName}.${name}`;
    if (!safeName.test(fileName) || fileName.includes('..')) return undefined;
    for (const folder of searchPath(this.#site, where)) {
      const file = join(folder, 'scenari', fileName);
      const text = await this.#read(file);
      if (text !== undefined) return { file, text };
    }
    return undefined;
  }

  async #includes(
    where: List | Robot,
    functionName: string,
    text: string,
  ): Promise<ReadonlyMap<string, ScenarioText>> {
    const found = new Map<string, ScenarioText>();
    const waiting = [`${functionName}.header`, ...includesOf(text)];
    const asked = new Set<string>();
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (asked.has(name) || found.size >= maxIncludedFiles) continue;
      asked.add(name);
      const include = await this.findScenarioFile(where, 'include', name);
      if (!include) continue;
      found.set(name, include);
      waiting.push(...includesOf(include.text));
    }
    return found;
  }

  async #read(file: string): Promise<string | undefined> {
    const fingerprint = await fileFingerprint(file);
    if (fingerprint === undefined) {
      this.#texts.delete(file);
      return undefined;
    }
    const kept = this.#texts.get(file);
    if (kept?.fingerprint === fingerprint) return kept.text;
    const text = await readConfigText(file);
    if (text !== undefined) this.#texts.set(file, { fingerprint, text });
    return text;
  }
}

function parse(
  found: ScenarioText,
  functionName: string,
  name: string,
  includes: ReadonlyMap<string, ScenarioText>,
  blocklist: boolean,
): LoadedScenario {
  const { file, text } = found;
  try {
    const resolveInclude = (include: string) => includes.get(include);
    const options = { resolveInclude, isListParameter, blocklist };
    const scenario = parseScenario(text, { file, function: functionName, name }, options);
    return { status: 'loaded', scenario, file };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { status: 'faulty', code: 'not-compiled', file, error };
  }
}

function asksBlocklist(functionName: string, where: List | Robot): boolean {
  return robotOf(where).conf.use_blocklist.includes(functionName);
}

function isListParameter(name: string): boolean {
  return computedListValues.has(name) || Object.hasOwn(listSchema.shape, name);
}

function folderOf(where: List | Robot): string {
  return 'robot' in where ? where.directory : where.etcDir;
}
