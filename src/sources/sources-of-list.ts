import type { ListParameters } from '../config/list-config.ts';
import type { List } from '../lists/list.ts';
import { sha256Hex } from '../secrets.ts';
import type { InclusionRole } from '../store/inclusions.ts';
import { type DataSource, limitOf, type SourceParts } from './data-source.ts';
import { readFileSource } from './file-source.ts';
import { type IncludeReference, type IncludeValues, readIncludeFile } from './include-file.ts';
import { readLdapSource, readTwoLevelLdapSource } from './ldap-source.ts';
import { type ListReference, listKeyPrefix, readListSource } from './list-source.ts';
import { type RemoteFile, readRemoteFile } from './remote-file-source.ts';
import { readSqlSource } from './sql-source.ts';

/** What owners and editors get whom a data source names. */
export type IncludedOptions = Readonly<Record<string, string>>;

/** A data source of a list, and what it makes of people. */
export interface ListDataSource extends DataSource {
  readonly role: InclusionRole;
  /** `null` for subscribers. */
  readonly options: IncludedOptions | null;
}

/** Does nothing to who a source is: what may change while it names the same people. */
const incidental: ReadonlySet<string> = new Set([
  'name',
  'nosync_time_ranges',
  'passwd',
  'bind_password',
  'db_passwd',
  'db_options',
  'timeout',
  'timeout1',
  'timeout2',
]);

/**
 * Gives the data sources of a list. A file `NAME.incl` that cannot be read is a source that cannot be read.
 */
export async function sourcesOf(list: List, parts: SourceParts): Promise<readonly ListDataSource[]> {
  const { config } = list;
  const own = includesOf(config, list, parts).map((source) => ofRole(source, 'member', null));
  const member = await behindFiles(config.member_include, 'member', list, parts);
  const owner = await behindFiles(config.owner_include, 'owner', list, parts);
  const editor = await behindFiles(config.editor_include, 'editor', list, parts);
  const all = [...own, ...member, ...owner, ...editor];
  return [...new Map(all.map((source) => [`${source.role} ${source.key}`, source])).values()];
}

/** Tells whether the `config` of a list names any data source. */
export function hasDataSources({ config }: List): boolean {
  const { member_include, owner_include, editor_include } = config;
  return (
    [member_include, owner_include, editor_include].some((references) => references.length > 0) ||
    Object.values(includesIn(config)).some((values) => values.length > 0)
  );
}

function includesIn(config: ListParameters): IncludeValues {
  return {
    include_file: config.include_file,
    include_list: config.include_list,
    include_remote_file: config.include_remote_file,
    include_sympa_list: config.include_sympa_list,
    include_ldap_query: config.include_ldap_query,
    include_ldap_2level_query: config.include_ldap_2level_query,
    include_sql_query: config.include_sql_query,
  };
}

type FileReference = IncludeReference & Readonly<Record<string, string | undefined>>;

async function behindFiles(
  references: readonly FileReference[],
  role: InclusionRole,
  list: List,
  parts: SourceParts,
): Promise<readonly ListDataSource[]> {
  const found: ListDataSource[] = [];
  for (const { source, source_parameters, ...more } of references) {
    const given = { source, source_parameters };
    const options = role === 'member' ? null : (more as IncludedOptions);
    try {
      const values = await readIncludeFile(given, list, parts.site);
      found.push(...includesOf(values, list, parts).map((one) => ofRole(one, role, options)));
    } catch (error) {
      const fails = async () => Promise.reject(error);
      const base = { name: `${source}.incl`, pauses: undefined, read: fails };
      found.push(ofRole({ ...base, key: keyOf('incl', given) }, role, options));
    }
  }
  return found;
}

function ofRole(source: DataSource, role: InclusionRole, options: IncludedOptions | null): ListDataSource {
  const key = options === null ? source.key : `${source.key}-${digestOf(options)}`;
  return { ...source, key, role, options };
}

/** Makes the sources that a `config` or a file `NAME.incl` names. */
function includesOf(given: IncludeValues, list: List, parts: SourceParts): readonly DataSource[] {
  const { site } = parts;
  const files = given.include_file.map((path) =>
    sourceOf('file', { path }, path, () => readFileSource(site.resolve(path))),
  );
  const remote = given.include_remote_file.map((one) =>
    sourceOf('remote', one, placeOf(one), (bounds) => readRemoteFile(one, site, bounds)),
  );
  const references = [...given.include_sympa_list, ...given.include_list.map(oldReference)];
  const lists = references.map((one) => ({
    ...sourceOf('list', one, one.listname, (bounds) =>
      readListSource(one, list, parts, (other) => listsIncludedBy(other, parts), bounds),
    ),
    mayBeEmpty: true as const,
  }));
  const ldap = given.include_ldap_query.map((one) =>
    sourceOf('ldap', one, one.host, (bounds) => readLdapSource(one, one, site, bounds)),
  );
  const twoLevel = given.include_ldap_2level_query.map((one) =>
    sourceOf('ldap2', one, one.host, (bounds) => readTwoLevelLdapSource(one, levelsOf(one), site, bounds)),
  );
  const sqlSeconds = list.config.sql_fetch_timeout;
  const sql = given.include_sql_query.map((one) =>
    sourceOf('sql', one, one.db_name, (bounds) =>
      readSqlSource(one, site, { ...bounds, limitMs: limitOf(bounds, sqlSeconds) }),
    ),
  );
  return [...files, ...remote, ...lists, ...ldap, ...twoLevel, ...sql];
}

const kinds = {
  file: 'include_file',
  remote: 'include_remote_file',
  list: 'include_sympa_list',
  ldap: 'include_ldap_query',
  ldap2: 'include_ldap_2level_query',
  sql: 'include_sql_query',
} as const;

interface Named {
  readonly name?: string | undefined;
  readonly nosync_time_ranges?: string | undefined;
}

function sourceOf(
  kind: keyof typeof kinds,
  values: object,
  place: string,
  read: DataSource['read'],
): DataSource {
  const { name, nosync_time_ranges: pauses } = values as Named;
  return { name: `${kinds[kind]} ${name ?? place}`.slice(0, 200), key: keyOf(kind, values), pauses, read };
}

function keyOf(kind: string, values: object): string {
  const own = Object.entries(values).filter(([name, value]) => value !== undefined && !incidental.has(name));
  const prefix = kind === 'list' ? listKeyPrefix : `${kind}:`;
  return `${prefix}${digestOf(Object.fromEntries(own.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
}

function digestOf(values: object): string {
  return sha256Hex(JSON.stringify(values)).slice(0, 16);
}

/** Neither query nor password of a URL is shown. */
function placeOf({ url = '' }: RemoteFile): string {
  return URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}` : 'without a URL';
}

type TwoLevels = IncludeValues['include_ldap_2level_query'][number];

function levelsOf(one: TwoLevels) {
  const first = {
    suffix: one.suffix1,
    scope: one.scope1,
    timeout: one.timeout1,
    filter: one.filter1,
    attrs: one.attrs1,
    select: one.select1,
    regex: one.regex1,
  };
  const second = {
    suffix: one.suffix2,
    scope: one.scope2,
    timeout: one.timeout2,
    filter: one.filter2,
    attrs: one.attrs2,
    select: one.select2,
    regex: one.regex2,
  };
  return [first, second] as const;
}

/** `LIST`, or `LIST filter EXPRESSION`. */
function oldReference(text: string): ListReference {
  const match = /^(\S+)(?:\s+filter\s+(.+))?$/s.exec(text.trim());
  return match ? { listname: match[1]!, filter: match[2] } : { listname: text.trim() };
}

/** Gives the lists that a list includes as subscribers, also by way of its files. */
async function listsIncludedBy(list: List, parts: SourceParts): Promise<readonly ListReference[]> {
  const { config } = list;
  const values: IncludeValues[] = [includesIn(config)];
  for (const reference of config.member_include)
    values.push(await readIncludeFile(reference, list, parts.site));
  return values.flatMap((one) => [...one.include_sympa_list, ...one.include_list.map(oldReference)]);
}
