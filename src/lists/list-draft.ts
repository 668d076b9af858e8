import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfigText } from '../config/config-text.ts';
import {
  formatListConfig,
  type ListConfigTexts,
  type ListParagraph,
  parseListConfig,
  setListParameter,
} from '../config/list-config.ts';
import type { Robot, Site } from '../config/site.ts';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import { randomToken } from '../secrets.ts';
import { ListsError } from './error.ts';
import { type List, listConfigFile } from './list.ts';
import { checkNewListName } from './list-name.ts';

/** What a new list is made of. */
export interface NewList {
  readonly name: string;
  /** The main domain when left out. */
  readonly robot?: Robot;
  /** At least one. */
  readonly owners: readonly string[];
  readonly editors?: readonly string[];
  readonly subject?: string;
  /** Other parameters, as text. */
  readonly parameters?: ListConfigTexts;
  /** Who makes it, for the record; the first listmaster when left out. */
  readonly creator?: string;
  /** When, for the record. */
  readonly nowMs?: number;
}

/**
 * A `config` that is thought through and not written yet. Writing waits for nothing, so that it can be a part of a
 * transaction: what it says of the list is on the disk before that transaction ends.
 */
export interface ListDraft {
  /** `name@domain`. */
  readonly address: string;
  /**
   * Writes it all at once: a reader, or a crash, sees none of it or all.
   *
   * @throws ListsError `list-exists`, `list-not-writable`
   */
  write(): void;
}

/**
 * Makes ready a new list.
 *
 * @throws ListsError `bad-list-name`, `reserved-list-name`, `bad-address`
 * @throws ConfigError for a parameter that is not right
 */
export function draftList(wanted: NewList, site: Site): ListDraft {
  const { name, robot = site.robots[0]! } = wanted;
  checkNewListName(name, robot.conf);
  const directory = join(robot.explDir, name);
  const file = listConfigFile(directory);
  const text = formatListConfig(textsOf(wanted, robot));
  parseListConfig(text, file, robot.conf);
  if (site.robots.some(({ domain }) => domain === name))
    throw new ListsError('reserved-list-name', `${name} is a domain of the site`);
  const address = `${name}@${robot.domain}`;
  const write = () =>
    writing(directory, () => {
      mkdirSync(join(directory, 'scenari'), { recursive: true, mode: 0o750 });
      if (!placeOnce(file, text)) throw new ListsError('list-exists', `the list ${address} is there already`);
    });
  return { address, write };
}

/**
 * Makes ready the change of one parameter of a list; the rest of its `config` stays as it is.
 *
 * @param key the name of a parameter, or `PARAGRAPH.NAME`
 * @param value `undefined` takes it out
 * @throws ConfigError when the file would not be right afterwards
 */
export async function draftParameter(list: List, key: string, value: string | undefined): Promise<ListDraft> {
  const file = listConfigFile(list.directory);
  const text = setListParameter((await readConfigText(file)) ?? '', key, value);
  parseListConfig(text, file, list.robot.conf);
  return { address: list.address, write: () => writing(list.directory, () => place(file, text, renameSync)) };
}

function textsOf(wanted: NewList, robot: Robot): ListConfigTexts {
  const { owners, editors = [], subject, parameters, creator = robot.conf.listmaster[0]!, nowMs } = wanted;
  if (owners.length === 0) throw new ListsError('bad-address', 'a list has at least one owner');
  const people = (addresses: readonly string[]) =>
    addresses.map((address) => ({ email: checkedAddress(address) }));
  const when: ListParagraph = nowMs === undefined ? {} : { date_epoch: String(Math.floor(nowMs / 1_000)) };
  return {
    ...(subject && { subject }),
    status: 'open',
    ...parameters,
    owner: people(owners),
    ...(editors.length > 0 && { editor: people(editors) }),
    creation: { email: creator, ...when },
  };
}

function checkedAddress(text: string): string {
  const address = parseAddress(text);
  if (address === undefined)
    throw new ListsError('bad-address', `${JSON.stringify(text.slice(0, 320))} is no address`);
  return canonicalAddress(address);
}

/** Writes a file that must not be there yet. */
function placeOnce(file: string, text: string): boolean {
  try {
    place(file, text, linkSync);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Puts a whole file in its place, its bytes on the disk before its name. */
export function place(file: string, text: string, into: (draft: string, file: string) => void): void {
  const folder = dirname(file);
  const draft = join(folder, `.config.${randomToken(6)}.tmp`);
  try {
    withFile(openSync(draft, 'wx', 0o640), (handle) => writeSync(handle, text));
    into(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(folder);
}

/** Brings the names of a folder to the disk. */
export function syncFolder(folder: string): void {
  withFile(openSync(folder, 'r'), () => undefined);
}

function withFile(handle: number, work: (handle: number) => unknown): void {
  try {
    work(handle);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes in the folder of a list.
 *
 * @throws ListsError `list-not-writable` where the system refuses
 */
export function writing(directory: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof ListsError || code === undefined) throw error;
    throw new ListsError('list-not-writable', `${directory} cannot be written (${code})`, { cause: error });
  }
}
