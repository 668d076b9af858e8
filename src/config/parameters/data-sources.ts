import { ParameterGroup, type ParameterShape } from '../parameter.ts';
import { choice, count, fileName, secret, synonyms, text, word } from '../value-types.ts';

const later = new ParameterGroup('Data sources', 'none yet');
const seconds = { unit: 'seconds' } as const;
const reception = () => later.value(choice('mail', 'nomail'), 'mail', 'Whether mail reaches them.');
const visibility = () => later.value(choice('conceal', 'noconceal'), 'noconceal', 'Whether they are shown.');

const named = {
  name: later.optional(text, 'A short name of the source.'),
  nosync_time_ranges: later.optional(text, 'Times of the day at which it is not asked.'),
} as const;

const tls = {
  ssl_version: later.optional(word, 'Version of TLS.'),
  ssl_ciphers: later.optional(text, 'Cipher suites of TLS.'),
  ca_verify: later.optional(
    synonyms(choice('none', 'optional', 'required'), { require: 'required' }),
    'Whether the certificate of the server is checked.',
  ),
} as const;

const remote = {
  url: later.optional(text, 'Where it is fetched from.'),
  user: later.optional(text, 'User name for it.'),
  passwd: later.optional(secret, 'Password for it.'),
  timeout: later.value(count(), '180', 'How long the server may take.', seconds),
} as const;

const ldapServer = {
  host: later.required(text, 'The directory server, several with commas between.'),
  port: later.optional(count(0, 65_535), 'Its port.'),
  use_tls: later.value(
    synonyms(choice('starttls', 'ldaps', 'none'), { yes: 'ldaps', no: 'none' }),
    'none',
    'How the connection is protected.',
    { aliases: ['use_ssl'] },
  ),
  bind_dn: later.optional(text, 'Name to log in with.', { aliases: ['user'] }),
  bind_password: later.optional(secret, 'Password to log in with.', { aliases: ['passwd'] }),
} as const;

const scope = () => later.value(choice('base', 'one', 'sub'), 'sub', 'How deep the search goes.');
const select = () => later.value(choice('all', 'first', 'regex'), 'first', 'Which values are taken.');
const wait = () => later.value(count(), '30', 'How long the server may take.', seconds);

const ldapSearch = {
  suffix: later.optional(text, 'Where the search starts.'),
  scope: scope(),
  timeout: wait(),
  filter: later.required(text, 'The search filter.'),
  attrs: later.value(text, 'mail', 'The attribute that is taken.'),
  select: select(),
  regex: later.optional(text, 'What a taken value must match.'),
} as const;

const ldapTwoSearches = {
  suffix1: later.optional(text, 'Where the first search starts.'),
  scope1: scope(),
  timeout1: wait(),
  filter1: later.required(text, 'The filter of the first search.'),
  attrs1: later.optional(text, 'The attribute that the first search gives.'),
  select1: select(),
  regex1: later.optional(text, 'What a value of the first search must match.'),
  suffix2: later.optional(text, 'Where the second search starts.'),
  scope2: scope(),
  timeout2: wait(),
  filter2: later.required(text, 'The filter of the second search.'),
  attrs2: later.value(text, 'mail', 'The attribute that is taken.'),
  select2: select(),
  regex2: later.optional(text, 'What a taken value must match.'),
} as const;

const sql = {
  db_type: later.required(word, 'Kind of the database.'),
  db_host: later.optional(text, 'Its host.', { aliases: ['host'] }),
  db_port: later.optional(count(0, 65_535), 'Its port.'),
  db_name: later.required(text, 'Its name.'),
  db_options: later.optional(secret, 'Options of the connection.', { aliases: ['connect_options'] }),
  db_env: later.optional(text, 'Environment variables for the connection.'),
  db_user: later.optional(text, 'Its user.', { aliases: ['user'] }),
  db_passwd: later.optional(secret, 'Its password.', { aliases: ['passwd'] }),
  sql_query: later.required(text, 'The query.'),
  f_dir: later.optional(text, 'Folder of a database of CSV files.'),
} as const;

const attribute = {
  email_entry: later.required(word, 'The column or attribute that holds the address.'),
} as const;

const included = {
  source: later.required(fileName, 'Name of a file in `data_sources/`.'),
  source_parameters: later.optional(text, 'Values for it, with commas between.'),
} as const;

const sources = <Shape extends ParameterShape>(members: Shape, description: string) =>
  later.paragraphs(members, description);

/** Where subscribers, owners and editors come from besides the list's own. */
export const dataSourceParameters = {
  member_include: sources(included, 'Subscribers from a data source of the site.'),
  owner_include: sources(
    {
      ...included,
      profile: later.value(choice('privileged', 'normal'), 'normal', 'Their profile.'),
      reception: reception(),
      visibility: visibility(),
    },
    'Owners from a data source of the site.',
  ),
  editor_include: sources(
    { ...included, reception: reception(), visibility: visibility() },
    'Editors from a data source of the site.',
  ),
  include_file: later.repeated(word, 'A file of addresses, one a line.'),
  include_list: later.repeated(text, 'Another list, whose subscribers count as subscribers of this one.'),
  include_remote_file: sources({ ...named, ...remote, ...tls }, 'Addresses from a web server.'),
  include_sympa_list: sources(
    {
      ...named,
      listname: later.required(word, 'Name of the list.'),
      filter: later.optional(text, 'Which of its subscribers.'),
    },
    'Subscribers of another list.',
  ),
  include_remote_sympa_list: sources(
    {
      ...named,
      ...remote,
      ...tls,
      host: later.optional(word, 'The other site.'),
      port: later.value(count(0, 65_535), '443', 'Its port.'),
      path: later.optional(text, 'Path of the list there.'),
      cert: later.value(choice('robot', 'list'), 'list', 'Whose certificate is shown to it.'),
    },
    'Subscribers of a list of another site.',
  ),
  include_ldap_query: sources(
    { ...named, ...ldapServer, ...tls, ...ldapSearch },
    'Addresses from a directory.',
  ),
  include_ldap_2level_query: sources(
    { ...named, ...ldapServer, ...tls, ...ldapTwoSearches },
    'Addresses from a directory, in two steps.',
  ),
  include_ldap_ca: sources(
    { ...named, ...ldapServer, ...tls, ...ldapSearch, ...attribute },
    'Attributes of subscribers from a directory.',
  ),
  include_ldap_2level_ca: sources(
    { ...named, ...ldapServer, ...tls, ...ldapTwoSearches, ...attribute },
    'Attributes of subscribers from a directory, in two steps.',
  ),
  include_sql_query: sources({ ...named, ...sql }, 'Addresses from a database.'),
  include_sql_ca: sources({ ...named, ...sql, ...attribute }, 'Attributes of subscribers from a database.'),
  user_data_source: later.optional(word, 'Kind of the subscriber store in old Sympa sites.'),
} as const;
