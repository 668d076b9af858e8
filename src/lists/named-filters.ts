import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../config/error.ts';
import type { Robot, Site } from '../config/site.ts';
import { SsympaError } from '../errors.ts';
import { readFileIfThere } from '../files.ts';
import type { Log } from '../log.ts';
import type { EvaluationContext, VariableValue } from '../scenario/context.ts';
import { sha256Hex } from '../secrets.ts';
import { ListsError } from './error.ts';
import { type AddressPatterns, parseAddressPatterns } from './filter-addresses.ts';
import { FilterAnswers } from './filter-answers.ts';
import { parseLdapFilter } from './filter-ldap.ts';
import { parseSqlFilter } from './filter-sql.ts';
import type { FilterQuery } from './filter-template.ts';
import type { List } from './list.ts';
import { fileFingerprint, robotOf, searchPath } from './search-path.ts';

const folder = 'search_filters';
/** The one that may be missing: most sites block nobody. */
const blocklist = 'blocklist.txt';

const maxFileBytes = 4 << 20;
/** Longest value of a variable that a directory or database is asked about. */
const maxValueLength = 4_096;
const maxKeptFiles = 1_000;
const maxKeptAnswers = 10_000;

const fileNameForm = /^\w[\w.-]{0,199}\.(txt|ldap|sql)$/;

interface FoundFile<T> {
  readonly fingerprint: string;
  readonly parsed: T;
}

/** Reads a file that has been found. */
type Parse<T> = (text: string, file: string) => T;

/** A question of a scenario to a named filter. */
interface FilterQuestion {
  readonly where: List | Robot;
  readonly file: string;
  /** What is looked for instead of the sender. */
  readonly subject: string | undefined;
  readonly variable: EvaluationContext['variable'];
}

/** The named filters of a site: files in `search_filters/` of the list, its domain, the site, and what is shipped. */
export class NamedFilters {
  readonly #site: Site;
  readonly #log: Log;
  readonly #answers: FilterAnswers;
  readonly #files = new Map<string, FoundFile<unknown>>();

  constructor(site: Site, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#site = site;
    this.#log = log;
    this.#answers = new FilterAnswers(clock, maxKeptAnswers);
  }

  /**
   * Asks a filter about somebody.
   *
   * @param where whose files come first
   * @param file `NAME.txt`, `NAME.ldap` or `NAME.sql`
   * @param subject what is looked for instead of the sender
   * @param variable gives the variables of the scenario
   * @throws ListsError `filter-not-found`, `filter-value`, `filter-database`; ConfigError with the place of a fault;
   * DirectoryError. The log has said so already.
   */
  async search(
    where: List | Robot,
    file: string,
    subject: string | undefined,
    variable: EvaluationContext['variable'],
  ): Promise<boolean> {
    try {
      return await this.#ask({ where, file, subject, variable });
    } catch (error) {
      this.#log.error('named filter failed', {
        filter: file,
        where: 'robot' in where ? where.address : where.domain,
        ...(error instanceof SsympaError ? { code: error.code, error: error.message } : { error: 'a bug' }),
      });
      throw error;
    }
  }

  #ask(question: FilterQuestion): Promise<boolean> {
    const kind = fileNameForm.exec(question.file)?.[1];
    if (kind === 'txt') return this.#askAddresses(question);
    if (kind === 'ldap') return this.#askQuery(question, parseLdapFilter);
    if (kind === 'sql') return this.#askQuery(question, parseSqlFilter);
    throw notFound(question.file);
  }

  /** All files of the name count, the farther ones too: what a site blocks, no list lets in. */
  async #askAddresses({ where, file, subject, variable }: FilterQuestion): Promise<boolean> {
    const found: AddressPatterns[] = [];
    for (const path of this.#paths(where, file)) {
      const read = await this.#read(path, parseAddressPatterns);
      if (read) found.push(read.parsed);
    }
    if (found.length === 0 && file !== blocklist) throw notFound(file);
    const text = subject ?? single(variable('sender'));
    return found.some((patterns) => patterns.fits(text));
  }

  async #askQuery(
    { where, file, subject, variable }: FilterQuestion,
    parse: (text: string, file: string, resolve: (path: string) => string) => FilterQuery,
  ): Promise<boolean> {
    for (const path of this.#paths(where, file)) {
      const found = await this.#read(path, (text) => parse(text, path, this.#site.resolve));
      if (!found) continue;
      const query = found.parsed;
      const values = new Map(query.variables.map((name) => [name, readVariable(name, subject, variable)]));
      // A digest: values may be long, and a cache is no place for addresses.
      const key = sha256Hex(JSON.stringify([path, found.fingerprint, [...values]]));
      return this.#answers.get(key, robotOf(where).conf.search_filters_cache, () => query.ask(values));
    }
    throw notFound(file);
  }

  #paths(where: List | Robot, file: string): readonly string[] {
    return searchPath(this.#site, where).map((directory) => join(directory, folder, file));
  }

  async #read<T>(path: string, parse: Parse<T>): Promise<FoundFile<T> | undefined> {
    const fingerprint = await fingerprintOf(path);
    const kept = this.#files.get(path) as FoundFile<T> | undefined;
    if (fingerprint !== undefined && kept?.fingerprint === fingerprint) return kept;
    this.#files.delete(path);
    const text = fingerprint === undefined ? undefined : await readText(path);
    if (fingerprint === undefined || text === undefined) return undefined;
    const found = { fingerprint, parsed: parse(text, path) };
    const [oldest] = this.#files.keys();
    if (this.#files.size >= maxKeptFiles && oldest !== undefined) this.#files.delete(oldest);
    this.#files.set(path, found);
    return found;
  }
}

function notFound(file: string): ListsError {
  const hint = `put it into ${folder}/ of the list, its domain or the site`;
  return new ListsError('filter-not-found', `there is no named filter ${file}`, { hint });
}

function readVariable(
  name: string,
  subject: string | undefined,
  variable: EvaluationContext['variable'],
): string {
  const value = name === 'sender' && subject !== undefined ? subject : single(variable(name));
  if (value.length > maxValueLength)
    throw new ListsError(
      'filter-value',
      `the value of [${name}] is longer than ${maxValueLength} characters`,
    );
  return value;
}

/** The first of several values; none is the empty text. */
function single(value: VariableValue): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

async function fingerprintOf(path: string): Promise<string | undefined> {
  try {
    return await fileFingerprint(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readText(path: string): Promise<string | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readFileIfThere(path, maxFileBytes);
  } catch (error) {
    if (error instanceof RangeError)
      throw new ConfigError('config-too-large', error.message, { cause: error });
    throw unreadable(path, error);
  }
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const hint = 'save the file as UTF-8';
    throw new ConfigError('config-unreadable', `${path} is not UTF-8`, { cause, hint });
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new ConfigError('config-unreadable', `${path} cannot be read (${code})`, { cause });
}
