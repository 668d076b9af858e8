import { ConfigError } from '../config/error.ts';
import { ParameterGroup } from '../config/parameter.ts';
import { choice, commaList, path, secret, synonyms, text, word } from '../config/value-types.ts';
import { DirectoryError } from '../directory/error.ts';
import { escapeFilterValue, parseSearchFilter } from '../directory/filter-text.ts';
import { type DirectoryAccess, type DirectoryServer, withDirectory } from '../directory/ldap-client.ts';
import { parseServerAddress } from '../directory/server-address.ts';
import type { Place } from '../errors.ts';
import { readFilterFile } from './filter-lines.ts';
import { type FilterQuery, ldapTemplate, type TemplatePiece, variablesOf } from './filter-template.ts';

const group = new ParameterGroup('Named filters');

const ldapShape = {
  host: group.required(commaList(word), 'The directory server, several with commas between.'),
  suffix: group.required(text, 'The entry that the search starts at.'),
  filter: group.required(text, 'The search filter.'),
  scope: group.value(choice('base', 'one', 'sub'), 'sub', 'How deep the search goes.'),
  deref: group.value(choice('never', 'search', 'find', 'always'), 'find', 'Which aliases are followed.'),
  bind_dn: group.optional(text, 'The name to log in with.', { aliases: ['user'] }),
  bind_password: group.optional(secret, 'The password to log in with.', { aliases: ['passwd'] }),
  use_tls: group.value(
    synonyms(choice('none', 'starttls', 'ldaps'), { yes: 'ldaps', no: 'none' }),
    'none',
    'How the connection is protected.',
    { aliases: ['use_ssl'] },
  ),
  ca_verify: group.value(
    synonyms(choice('none', 'optional', 'required'), { require: 'required' }),
    'required',
    'Whether the certificate of the server is checked.',
  ),
  ca_file: group.optional(path, 'File of the certification authorities.'),
  ca_path: group.optional(path, 'Folder of the certification authorities.'),
} as const;

/** Versions and ciphers are those that Node takes. */
const ignored = ['ssl_version', 'ssl_ciphers'];

/**
 * Reads a `.ldap` file.
 *
 * @param resolve makes a path of the file absolute
 * @returns true where the directory has an entry that fits
 * @throws ConfigError with every fault of the file
 */
export function parseLdapFilter(text: string, file: string, resolve: (path: string) => string): FilterQuery {
  const { values, places } = readFilterFile(text, file, ldapShape, ignored);
  const access = accessOf(values, places, resolve);
  const pieces = ldapTemplate(values.filter, places.get('filter'));
  checkFilter(pieces, places.get('filter'));
  const { suffix: base, scope, deref: dereferencing } = values;
  return {
    variables: variablesOf(pieces),
    ask: async (given) => {
      const filter = filled(pieces, (path) => given.get(path) ?? '');
      const search = { base, scope, filter, dereferencing, attributes: [], maxEntries: 1 };
      const found = await withDirectory(access, (directory) => directory.search(search));
      return found.length > 0;
    },
  };
}

type LdapValues = ReturnType<typeof readFilterFile<typeof ldapShape>>['values'];

function accessOf(
  values: LdapValues,
  places: ReadonlyMap<string, Place>,
  resolve: (path: string) => string,
): DirectoryAccess {
  const { bind_dn: name, bind_password: password, ca_file: caFile, ca_path: caPath } = values;
  const place = places.get('bind_dn') ?? places.get('bind_password');
  if ((name === undefined) !== (password === undefined))
    throw new ConfigError('missing-parameter', 'bind_dn and bind_password stand together', {
      ...(place && { place }),
    });
  return {
    servers: values.host.map((text) => serverOf(text, places.get('host'))),
    tls: values.use_tls,
    verifiesServer: values.ca_verify !== 'none',
    ...(name !== undefined && password !== undefined && { login: { name, password } }),
    ...(caFile !== undefined && { caFile: resolve(caFile) }),
    ...(caPath !== undefined && { caPath: resolve(caPath) }),
  };
}

function serverOf(text: string, place: Place | undefined): DirectoryServer {
  const server = parseServerAddress(text);
  if (!server)
    throw new ConfigError('bad-value', `host names ${text}, which is not HOST or HOST:PORT`, {
      ...(place && { place }),
      hint: 'use_tls says how the connection is protected, not the name of the host',
    });
  return server;
}

function filled(pieces: readonly TemplatePiece[], value: (path: string) => string): string {
  return pieces
    .map((piece) => ('text' in piece ? piece.text : escapeFilterValue(value(piece.variable))))
    .join('');
}

/** A filter that cannot be right with any value is found when the file is read. */
function checkFilter(pieces: readonly TemplatePiece[], place: Place | undefined): void {
  try {
    parseSearchFilter(filled(pieces, () => 'x'));
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    throw new ConfigError('bad-value', `filter: ${error.message}`, { ...(place && { place }) });
  }
}
