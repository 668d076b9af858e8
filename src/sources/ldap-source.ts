import type { Site } from '../config/site.ts';
import type { DirectoryEntry } from '../directory/directory-entry.ts';
import { DirectoryError } from '../directory/error.ts';
import { escapeFilterValue } from '../directory/filter-text.ts';
import {
  type Directory,
  type DirectoryAccess,
  type DirectoryServer,
  withDirectory,
} from '../directory/ldap-client.ts';
import { parseServerAddress } from '../directory/server-address.ts';
import { compilePattern, type Pattern } from '../scenario/pattern.ts';
import { limitOf, type ReadBounds } from './data-source.ts';
import { SourcesError } from './error.ts';
import { maxPeople, maxSourceBytes, PeopleCollector, type SourceAnswer } from './people.ts';

/** How a directory is reached. */
export interface LdapServer {
  readonly host: string;
  readonly port?: number | undefined;
  readonly use_tls: 'starttls' | 'ldaps' | 'none';
  readonly bind_dn?: string | undefined;
  readonly bind_password?: string | undefined;
  readonly ca_verify?: 'none' | 'optional' | 'required' | undefined;
  readonly ca_file?: string | undefined;
  readonly ca_path?: string | undefined;
}

/** One search of a directory, and what is taken of what it finds. */
export interface LdapSearch {
  readonly suffix?: string | undefined;
  readonly scope: 'base' | 'one' | 'sub';
  /** Seconds. */
  readonly timeout: number;
  readonly filter: string;
  /** An attribute, or two with a comma between: that of the address, that of the name. */
  readonly attrs?: string | undefined;
  readonly select: 'all' | 'first' | 'regex';
  readonly regex?: string | undefined;
}

/** What a second search starts from may be many things, each of which is asked about. */
const maxFirstValues = 10_000;

/** Stands in the second search for what the first one gave. */
const firstValue = /\[attrs1\]/gi;

/**
 * Takes addresses from a directory.
 *
 * @throws DirectoryError, SourcesError
 */
export async function readLdapSource(
  server: LdapServer,
  search: LdapSearch,
  site: Pick<Site, 'resolve'>,
  bounds: ReadBounds,
): Promise<SourceAnswer> {
  const access = { ...accessOf(server, limitOf(bounds, search.timeout), site), signal: bounds.signal };
  return withDirectory(access, async (directory) => {
    // What a server gave before it failed does not count beside the answer of the next one.
    const collector = new PeopleCollector();
    await find(directory, search, takerOf(search, collector));
    return collector.answer();
  });
}

/**
 * Takes addresses from a directory in two steps: what the first search gives is put into the second.
 *
 * @throws DirectoryError, SourcesError
 */
export async function readTwoLevelLdapSource(
  server: LdapServer,
  [first, second]: readonly [LdapSearch, LdapSearch],
  site: Pick<Site, 'resolve'>,
  bounds: ReadBounds,
): Promise<SourceAnswer> {
  if (first.attrs === undefined) throw new SourcesError('source-bad-parameter', 'attrs1 is not set');
  const totalMs = limitOf(bounds, first.timeout + second.timeout);
  const access = { ...accessOf(server, totalMs, site), signal: bounds.signal };
  const named = { ...first, attrs: first.attrs.trim() };
  return withDirectory(access, async (directory) => {
    const collector = new PeopleCollector();
    const take = takerOf(second, collector);
    for (const value of await firstValues(directory, named))
      await findBelow(directory, filledIn(second, value), take);
    return collector.answer();
  });
}

function accessOf(server: LdapServer, totalMs: number, { resolve }: Pick<Site, 'resolve'>): DirectoryAccess {
  const { bind_dn: name, bind_password: password, ca_file: caFile, ca_path: caPath } = server;
  if ((name === undefined) !== (password === undefined))
    throw new SourcesError('source-bad-parameter', 'bind_dn and bind_password stand together');
  return {
    servers: server.host.split(',').map((text) => serverOf(text.trim(), server.port)),
    tls: server.use_tls,
    verifiesServer: server.ca_verify !== 'none',
    ...(name !== undefined && password !== undefined && { login: { name, password } }),
    ...(caFile !== undefined && { caFile: resolve(caFile) }),
    ...(caPath !== undefined && { caPath: resolve(caPath) }),
    limits: { stepMs: totalMs, totalMs, bytes: maxSourceBytes },
  };
}

function serverOf(text: string, port: number | undefined): DirectoryServer {
  const server = parseServerAddress(text);
  if (!server)
    throw new SourcesError('source-bad-parameter', 'host is not HOST or HOST:PORT', {
      hint: 'use_tls says how the connection is protected, not the name of the host',
    });
  return server.port === undefined && port ? { ...server, port } : server;
}

type TakeEntries = (entries: readonly DirectoryEntry[]) => void;

function find(directory: Directory, search: LdapSearch, take: TakeEntries): Promise<void> {
  const { suffix: base = '', scope, filter } = search;
  const attributes = attributesOf(search);
  return directory.searchWhole({ base, scope, filter, attributes, maxEntries: maxPeople }, take);
}

async function firstValues(
  directory: Directory,
  search: LdapSearch & { readonly attrs: string },
): Promise<ReadonlySet<string>> {
  const values = new Set<string>();
  const select = selectionOf(search);
  await find(directory, search, (entries) => {
    for (const entry of entries) for (const value of select(entry, search.attrs)) values.add(value);
    if (values.size > maxFirstValues)
      throw new SourcesError('source-too-large', `the first search gives more than ${maxFirstValues} values`);
  });
  return values;
}

/** An entry that the first search named may be gone: then it names nobody. */
async function findBelow(directory: Directory, search: LdapSearch, take: TakeEntries): Promise<void> {
  try {
    await find(directory, search, take);
  } catch (error) {
    if (!(error instanceof DirectoryError && error.code === 'directory-no-base')) throw error;
  }
}

function filledIn(search: LdapSearch, value: string): LdapSearch {
  const suffix = search.suffix?.trim();
  // Alone it is a name of an entry, otherwise a part of one.
  const base =
    suffix?.toLowerCase() === '[attrs1]' ? value : suffix?.replace(firstValue, () => escapeNamePart(value));
  const filter = search.filter.replace(firstValue, () => escapeFilterValue(value));
  return { ...search, suffix: base, filter };
}

/** RFC 4514 §2.4: every character that could end a value, as its octets. */
function escapeNamePart(text: string): string {
  return text.replace(/[\p{Cc}"+,;<=>\\#\u0020]/gu, (character) =>
    [...Buffer.from(character)].map((octet) => `\\${octet.toString(16).padStart(2, '0')}`).join(''),
  );
}

function attributesOf({ attrs = 'mail' }: LdapSearch): readonly string[] {
  return attrs
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .slice(0, 2);
}

function takerOf(search: LdapSearch, collector: PeopleCollector): TakeEntries {
  const [mail = 'mail', gecos] = attributesOf(search);
  const select = selectionOf(search);
  return (entries) => {
    for (const entry of entries) {
      const name = gecos === undefined ? undefined : textsOf(entry, gecos)[0];
      for (const address of select(entry, mail)) collector.take(address, name);
    }
  };
}

type Selection = (texts: readonly string[]) => readonly string[];

const selections: Readonly<Record<LdapSearch['select'], (regex: string) => Selection>> = {
  all: () => (texts) => texts,
  first: () => (texts) => texts.slice(0, 1),
  regex: (regex) => {
    const fits = patternOf(regex);
    return (texts) => texts.filter((text) => fits(text, ''));
  },
};

/** Gives what takes the wanted values of an attribute; a pattern is compiled once for a whole search. */
function selectionOf({ select, regex = '' }: LdapSearch) {
  const selected = selections[select](regex);
  return (entry: DirectoryEntry, attribute: string) => selected(textsOf(entry, attribute));
}

function patternOf(regex: string): Pattern {
  try {
    return compilePattern(regex);
  } catch {
    throw new SourcesError('source-bad-parameter', 'regex is no regular expression that is offered');
  }
}

function textsOf(entry: DirectoryEntry, attribute: string): readonly string[] {
  return entry.values(attribute).map((value) => new TextDecoder().decode(value));
}
