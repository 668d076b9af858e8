import { ParameterGroup, type ParameterShape } from '../parameter.ts';
import { choice, count, fileName, path, secret, synonyms, text, word } from '../value-types.ts';

const group = new ParameterGroup('Data sources');
const later = new ParameterGroup('Data sources', 'none yet');
const seconds = { unit: 'seconds' } as const;

/** The parameters of a source that is read, or of one that has no effect yet: what has one differs. */
function membersOf(of: ParameterGroup) {
  const named = {
    name: of.optional(text, 'A short name of the source, for messages.'),
    nosync_time_ranges: of.optional(
      text,
      'Times of the day at which it is not asked, by the clock of this machine: `12:00-13:30 22:00-6:00`.',
    ),
  } as const;

  const tls = {
    ssl_version: later.optional(word, 'Version of TLS. Those that Node takes are taken.'),
    ssl_ciphers: later.optional(text, 'Cipher suites of TLS. Those that Node takes are taken.'),
    ca_verify: of.optional(
      synonyms(choice('none', 'optional', 'required'), { require: 'required' }),
      'Whether the certificate of the server is checked; `none` leaves it out, anything else, and nothing, does it.',
    ),
    ca_file: of.optional(
      path,
      'File of the certification authorities that the server is checked against; those of the system without `ca_file` and `ca_path`.',
    ),
    ca_path: of.optional(path, 'Folder of the certification authorities.'),
  } as const;

  const remote = {
    url: of.optional(text, 'Where it is fetched from, `https://…`.'),
    user: of.optional(text, 'User name for it.'),
    passwd: of.optional(secret, 'Password for it.'),
    timeout: of.value(count(), '180', 'How long the server may take.', seconds),
  } as const;

  const ldapServer = {
    host: of.required(text, 'The directory server, several with commas between: `HOST` or `HOST:PORT`.'),
    port: of.optional(count(0, 65_535), 'Its port.'),
    use_tls: of.value(
      synonyms(choice('starttls', 'ldaps', 'none'), { yes: 'ldaps', no: 'none' }),
      'none',
      'How the connection is protected.',
      { aliases: ['use_ssl'] },
    ),
    bind_dn: of.optional(text, 'Name to log in with.', { aliases: ['user'] }),
    bind_password: of.optional(secret, 'Password to log in with.', { aliases: ['passwd'] }),
  } as const;

  const scope = () => of.value(choice('base', 'one', 'sub'), 'sub', 'How deep the search goes.');
  const select = () =>
    of.value(
      choice('all', 'first', 'regex'),
      'first',
      'Which values of an attribute are taken: all, the first, or those that match `regex`.',
    );
  const wait = () => of.value(count(), '30', 'How long the server may take.', seconds);

  const ldapSearch = {
    suffix: of.optional(text, 'Where the search starts.'),
    scope: scope(),
    timeout: wait(),
    filter: of.required(text, 'The search filter.'),
    attrs: of.value(
      text,
      'mail',
      'The attribute of the address, and behind a comma perhaps that of the display name.',
    ),
    select: select(),
    regex: of.optional(text, 'What a taken value must match.'),
  } as const;

  const ldapTwoSearches = {
    suffix1: of.optional(text, 'Where the first search starts.'),
    scope1: scope(),
    timeout1: wait(),
    filter1: of.required(text, 'The filter of the first search.'),
    attrs1: of.optional(text, 'The attribute that the first search gives.'),
    select1: select(),
    regex1: of.optional(text, 'What a value of the first search must match.'),
    suffix2: of.optional(
      text,
      'Where the second search starts; `[attrs1]` stands for a value of the first one, alone for the name of an entry.',
    ),
    scope2: scope(),
    timeout2: wait(),
    filter2: of.required(
      text,
      'The filter of the second search; `[attrs1]` stands for a value of the first one.',
    ),
    attrs2: of.value(
      text,
      'mail',
      'The attribute of the address, and behind a comma perhaps that of the display name.',
    ),
    select2: select(),
    regex2: of.optional(text, 'What a taken value must match.'),
  } as const;

  const sql = {
    db_type: of.required(word, 'Kind of the database: `SQLite` or `PostgreSQL`.'),
    db_host: of.optional(text, 'Its host; `localhost` when it is left out.', { aliases: ['host'] }),
    db_port: of.optional(count(0, 65_535), 'Its port.'),
    db_name: of.required(text, 'Its name, or its file.'),
    db_options: of.optional(
      secret,
      'Options of the connection, as drivers of Perl have them. None is heeded; with one that asks for TLS (`sslmode=require`) PostgreSQL is not asked, as there is no TLS to it yet.',
      { aliases: ['connect_options'] },
    ),
    db_env: of.optional(
      text,
      'Environment variables for drivers of Perl. None is heeded; one that asks for TLS counts as in `db_options`.',
    ),
    db_user: of.optional(text, 'Its user.', { aliases: ['user'] }),
    db_passwd: of.optional(secret, 'Its password.', { aliases: ['passwd'] }),
    sql_query: of.required(
      text,
      'The query: addresses in its first column, perhaps display names in the second. It changes nothing, whatever it says.',
    ),
    f_dir: later.optional(text, 'Folder of a database of CSV files, which is not offered.'),
  } as const;

  return { named, tls, remote, ldapServer, ldapSearch, ldapTwoSearches, sql };
}

const { named, tls, remote, ldapServer, ldapSearch, ldapTwoSearches, sql } = membersOf(group);
const idle = membersOf(later);

const attribute = {
  email_entry: later.required(word, 'The column or attribute that holds the address.'),
} as const;

const included = {
  source: group.required(
    fileName,
    'Name of a file `NAME.incl` in `data_sources/` of the list, its domain or the site.',
  ),
  source_parameters: group.optional(
    text,
    'Values for it, with commas between: `[% param.0 %]` of the file stands for the first one.',
  ),
} as const;

const reception = () => group.value(choice('mail', 'nomail'), 'mail', 'Whether mail reaches them.');
const visibility = () => group.value(choice('conceal', 'noconceal'), 'noconceal', 'Whether they are shown.');

/** The sources that the `config` of a list and a file `NAME.incl` may name. */
export const includeParameters = {
  include_file: group.repeated(
    word,
    'A file of addresses, one a line, perhaps with a display name behind the address; a relative path starts at the folder of `sympa.conf`.',
  ),
  include_list: group.repeated(
    text,
    'Another list, whose subscribers count as subscribers of this one; perhaps with ` filter EXPRESSION` behind it. Older form of `include_sympa_list`.',
  ),
  include_remote_file: group.paragraphs(
    { ...named, ...remote, ...tls },
    'Addresses from a web server, one a line.',
  ),
  include_sympa_list: group.paragraphs(
    {
      ...named,
      listname: group.required(word, 'Name of the list; `name@domain` where it is of another domain.'),
      filter: group.optional(
        text,
        "Which of its subscribers: `isSubscriberOf('LIST')`, `isOwnerOf('LIST')`, `isEditorOf('LIST')`, `email`, `domain` or `gecos` `==` or `!=` `'TEXT'`, with `NOT`, `AND`, `OR` and parentheses.",
      ),
    },
    'Subscribers of another list.',
  ),
  include_ldap_query: group.paragraphs(
    { ...named, ...ldapServer, ...tls, ...ldapSearch },
    'Addresses from a directory.',
  ),
  include_ldap_2level_query: group.paragraphs(
    { ...named, ...ldapServer, ...tls, ...ldapTwoSearches },
    'Addresses from a directory, in two steps.',
  ),
  include_sql_query: group.paragraphs({ ...named, ...sql }, 'Addresses from a database.'),
} as const;

const notYet = <Shape extends ParameterShape>(members: Shape, description: string) =>
  later.paragraphs(members, description);

/** Where subscribers, owners and editors come from besides the list's own. */
export const dataSourceParameters = {
  member_include: group.paragraphs(included, 'Subscribers from a data source of the site.'),
  owner_include: group.paragraphs(
    {
      ...included,
      profile: group.value(choice('privileged', 'normal'), 'normal', 'Their profile.'),
      reception: reception(),
      visibility: visibility(),
    },
    'Owners from a data source of the site.',
  ),
  editor_include: group.paragraphs(
    { ...included, reception: reception(), visibility: visibility() },
    'Editors from a data source of the site.',
  ),
  ...includeParameters,
  include_remote_sympa_list: notYet(
    {
      ...idle.named,
      ...idle.remote,
      ...idle.tls,
      host: later.optional(word, 'The other site.'),
      port: later.value(count(0, 65_535), '443', 'Its port.'),
      path: later.optional(text, 'Path of the list there.'),
      cert: later.value(choice('robot', 'list'), 'list', 'Whose certificate is shown to it.'),
    },
    'Subscribers of a list of another site. The page that it is fetched from is one of Sympa’s web interface, which this site does not have yet.',
  ),
  include_ldap_ca: notYet(
    { ...idle.named, ...idle.ldapServer, ...idle.tls, ...idle.ldapSearch, ...attribute },
    'Attributes of subscribers from a directory. Subscribers have no attributes here yet.',
  ),
  include_ldap_2level_ca: notYet(
    { ...idle.named, ...idle.ldapServer, ...idle.tls, ...idle.ldapTwoSearches, ...attribute },
    'Attributes of subscribers from a directory, in two steps. Subscribers have no attributes here yet.',
  ),
  include_sql_ca: notYet(
    { ...idle.named, ...idle.sql, ...attribute },
    'Attributes of subscribers from a database. Subscribers have no attributes here yet.',
  ),
  user_data_source: later.optional(word, 'Kind of the subscriber store in old Sympa sites.'),
} as const;
