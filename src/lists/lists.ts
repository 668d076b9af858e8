import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigText } from '../config/config-text.ts';
import { ConfigError } from '../config/error.ts';
import { parseListConfig } from '../config/list-config.ts';
import type { ListParameters } from '../config/list-parameters.ts';
import type { Robot, Site } from '../config/site.ts';
import { isMissing } from '../files.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { Store } from '../store/store.ts';
import { ListsError } from './error.ts';
import { includedRows, includesPeople, withIncluded } from './included-people.ts';
import { type List, listConfigFile, listOf } from './list.ts';
import { draftList, draftParameter, type NewList } from './list-draft.ts';
import { isListName } from './list-name.ts';

interface KeptList {
  readonly fingerprint: string;
  readonly list: List;
}

/** The lists of a site, read from their folders; a folder whose `config` changed is read again. */
export class Lists {
  readonly #site: Site;
  readonly #store: Store | undefined;
  readonly #kept = new Map<string, KeptList>();

  /** @param store where subscribers are; what only reads folders needs none */
  constructor(site: Site, store?: Store) {
    this.#site = site;
    this.#store = store;
  }

  get site(): Site {
    return this.#site;
  }

  get store(): Store | undefined {
    return this.#store;
  }

  /**
   * Finds a list. One whose `config` is faulty is found too, with the status `error_config` and the error.
   *
   * @param nameOrAddress `name@domain`, or `name`, which is looked for in the main domain first; case does not count
   */
  async find(nameOrAddress: string): Promise<List | undefined> {
    const text = nameOrAddress.toLowerCase();
    const at = text.lastIndexOf('@');
    const name = at < 0 ? text : text.slice(0, at);
    const robots = at < 0 ? this.#site.robots : this.#robotsOf(text.slice(at + 1));
    if (!isListName(name)) return undefined;
    for (const robot of robots) {
      const list = await this.#read(name, robot);
      if (list) return this.#withIncluded(list);
    }
    return undefined;
  }

  /**
   * Gives a list.
   *
   * @throws ListsError `no-such-list`
   */
  async get(nameOrAddress: string): Promise<List> {
    const list = await this.find(nameOrAddress);
    if (list) return list;
    const shown = nameOrAddress.slice(0, 320);
    throw new ListsError('no-such-list', `there is no list ${shown}`, {
      hint: 'ssympa list show names all lists',
    });
  }

  /** Gives every list, by domain and name. */
  async all(): Promise<readonly List[]> {
    const lists: List[] = [];
    for (const robot of this.#site.robots) {
      for (const name of (await folderNames(robot.explDir)).filter(isListName).sort()) {
        const list = await this.#read(name, robot);
        if (list) lists.push(list);
      }
    }
    if (!this.#store || !lists.some(includesPeople)) return lists;
    const rows = await includedRows(this.#store);
    return lists.map((list) => (includesPeople(list) ? withIncluded(list, rows) : list));
  }

  /** Gives the domain that an address is of, the main domain for any other. */
  robotOf(address: string): Robot {
    const [robot = this.#site.robots[0]] = this.#robotsOf(
      address.slice(address.lastIndexOf('@') + 1).toLowerCase(),
    );
    if (!robot) throw new Error('a site has a main domain');
    return robot;
  }

  /** Gives the canonical addresses of the listmasters of a domain. */
  listmasters(robot: Robot): readonly string[] {
    return [...new Set(robot.conf.listmaster.map(canonicalAddress))];
  }

  /**
   * Makes a list. Its `config` is written last and all at once, so that a crash leaves no half list.
   *
   * @throws ListsError `bad-list-name`, `reserved-list-name`, `list-exists`, `bad-address`, `list-not-writable`
   * @throws ConfigError for a parameter that is not right
   */
  async create(wanted: NewList): Promise<List> {
    const draft = draftList(wanted, this.#site);
    draft.write();
    return this.get(draft.address);
  }

  /** Closes a list: it takes no more posts; its folder and its subscribers stay. */
  async close(list: List): Promise<List> {
    return this.setParameter(list, 'status', 'closed');
  }

  /**
   * Sets one parameter of a list, and leaves the rest of its `config` as it is.
   *
   * @param key the name of a parameter, or `PARAGRAPH.NAME`
   * @param value `undefined` takes it out
   * @throws ConfigError when the file would not be right afterwards; it is not written then
   */
  async setParameter(list: List, key: string, value: string | undefined): Promise<List> {
    (await draftParameter(list, key, value)).write();
    this.#kept.delete(list.directory);
    return this.get(list.address);
  }

  #robotsOf(domain: string): readonly Robot[] {
    const canonical = canonicalAddress(`x@${domain}`).slice(2);
    return this.#site.robots.filter((robot) => robot.domain === canonical);
  }

  async #withIncluded(list: List): Promise<List> {
    if (!this.#store || !includesPeople(list)) return list;
    return withIncluded(list, await includedRows(this.#store, list.address));
  }

  async #read(name: string, robot: Robot): Promise<List | undefined> {
    const directory = join(robot.explDir, name);
    const file = listConfigFile(directory);
    const fingerprint = await fingerprintOf(file);
    if (fingerprint === undefined) {
      this.#kept.delete(directory);
      return undefined;
    }
    const kept = this.#kept.get(directory);
    if (kept?.fingerprint === fingerprint) return kept.list;
    const list = await readList(name, robot, file);
    if (list) this.#kept.set(directory, { fingerprint, list });
    return list;
  }
}

async function readList(name: string, robot: Robot, file: string): Promise<List | undefined> {
  try {
    const text = await readConfigText(file);
    return text === undefined ? undefined : listOf(name, robot, parseListConfig(text, file, robot.conf));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const defaults: ListParameters = parseListConfig('', file, robot.conf);
    return listOf(name, robot, defaults, error);
  }
}

async function fingerprintOf(file: string): Promise<string | undefined> {
  try {
    const info = await stat(file);
    return info.isFile() ? `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.ino}` : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    // A folder that cannot be entered is a list with a faulty configuration, which reading it will say.
    return `unreadable ${(error as NodeJS.ErrnoException).code}`;
  }
}

async function folderNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
