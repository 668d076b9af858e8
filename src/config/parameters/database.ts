import { ParameterGroup } from '../parameter.ts';
import { choice, commaList, count, databaseUrl, onOff, secret, text, word } from '../value-types.ts';

const group = new ParameterGroup('Database');
const later = new ParameterGroup('Database', 'none yet');
const siteOnly = { siteOnly: true } as const;

/** Where everything is kept that is no file. */
export const databaseParameters = {
  database: group.value(
    databaseUrl,
    'sqlite:data/ssympa.db',
    'The database: `sqlite:FILE` for one machine, `postgres://USER:PASSWORD@HOST/NAME` for several.',
    siteOnly,
  ),
  db_type: later.optional(
    word,
    'Kind of the database in Sympa. This service uses `database` only.',
    siteOnly,
  ),
  db_host: later.optional(word, 'Its host.', siteOnly),
  db_port: later.optional(word, 'Its port.', siteOnly),
  db_name: later.value(text, 'sympa', 'Its name.', siteOnly),
  db_user: later.optional(text, 'Its user.', siteOnly),
  db_passwd: later.optional(secret, 'Its password.', siteOnly),
  db_options: later.optional(secret, 'Options of the connection.', siteOnly),
  db_env: later.optional(text, 'Environment variables for the connection.', siteOnly),
  db_timeout: later.optional(count(), 'How long the database may take.', { ...siteOnly, unit: 'seconds' }),
  db_additional_subscriber_fields: later.optional(commaList(word), 'More columns of subscribers.', siteOnly),
  db_additional_user_fields: later.optional(commaList(word), 'More columns of users.', siteOnly),
  update_db_field_types: later.value(
    choice('auto', 'off'),
    'auto',
    'Whether tables are changed at an upgrade.',
    siteOnly,
  ),
  db_list_cache: later.value(onOff, 'off', 'Whether lists are looked up in the database.', siteOnly),
  cache_list_config: later.value(
    choice('binary_file', 'none'),
    'none',
    'Whether a binary copy of each list configuration is kept.',
    siteOnly,
  ),
} as const;
