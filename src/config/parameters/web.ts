import { ParameterGroup } from '../parameter.ts';
import { choice, count, duration, onOff, path, size, text, webAddress, word } from '../value-types.ts';

const group = new ParameterGroup('Web interface');
const later = new ParameterGroup('Web interface', 'none yet');
const siteOnly = { siteOnly: true } as const;

/** The web interface and the accounts of those who use it. */
export const webParameters = {
  web_listen: group.value(
    webAddress,
    '127.0.0.1:8443',
    'Where the web interface waits, with HTTPS; `http://HOST:PORT` is for a proxy on the same machine; `none` for no web interface.',
    siteOnly,
  ),
  tls_certificate: group.value(
    path,
    'etc/tls/cert.pem',
    'Its certificate with the chain; `ssympa init` makes a self-signed one.',
    siteOnly,
  ),
  tls_private_key: group.value(path, 'etc/tls/private_key', 'The private key of that certificate.', siteOnly),
  wwsympa_url_local: later.optional(text, 'The address of the web interface behind a proxy.'),
  static_content_url: later.value(text, '/static-sympa', 'Where files that do not change are found.'),
  static_content_path: later.optional(path, 'The folder of these files.'),
  css_path: later.optional(path, 'The folder of style sheets.', siteOnly),
  css_url: later.value(text, '/static-sympa/css', 'Where style sheets are found.', siteOnly),
  pictures_path: later.optional(path, 'The folder of pictures of subscribers.', siteOnly),
  pictures_url: later.value(text, '/static-sympa/pictures', 'Where they are found.', siteOnly),
  pictures_max_size: later.value(size, '102400', 'Largest picture.', { unit: 'bytes' }),
  shared_feature: later.value(onOff, 'off', 'Whether lists may share documents.'),
  cookie_domain: later.value(word, 'localhost', 'Domain of the session cookie.'),
  cookie_expire: later.value(count(), '0', 'How long it is kept; 0 until the browser ends.', {
    ...siteOnly,
    unit: 'minutes',
  }),
  cookie_refresh: later.value(count(), '60', 'How often the session gets another name.', {
    ...siteOnly,
    unit: 'seconds',
  }),
  session_table_ttl: later.value(duration, '2d', 'How long a session lasts.', siteOnly),
  anonymous_session_table_ttl: later.value(duration, '1h', 'How long a session of nobody lasts.', siteOnly),
  max_wrong_password: later.value(count(), '19', 'Wrong passwords after which an account is locked.'),
  password_case: later.value(
    choice('insensitive', 'sensitive'),
    'insensitive',
    'Whether case counts in passwords.',
    siteOnly,
  ),
  password_hash: later.value(choice('md5', 'bcrypt'), 'md5', 'How passwords were kept.', siteOnly),
  password_hash_update: later.value(
    word,
    '1',
    'Whether they are kept in a new way at the next login.',
    siteOnly,
  ),
  password_validation: later.optional(text, 'What a password must have.', siteOnly),
  bcrypt_cost: later.value(count(4, 31), '12', 'Cost of one password check.', siteOnly),
  one_time_ticket_lifetime: later.value(duration, '2d', 'How long a ticket in a mail is good.', siteOnly),
  one_time_ticket_lockout: later.value(
    choice('one_time', 'remote_addr', 'open'),
    'one_time',
    'How often it may be used.',
  ),
  one_time_ticket_table_ttl: later.value(duration, '10d', 'How long used tickets are remembered.', siteOnly),
  ldap_force_canonical_email: later.value(word, '1', 'Whether LDAP says which address a user has.'),
  use_html_editor: later.value(onOff, 'off', 'Whether posts may be written in HTML.'),
  html_editor_url: later.optional(text, 'Where the editor is found.'),
  html_editor_init: later.optional(text, 'How it is started.'),
  show_report_abuse: later.value(onOff, 'off', 'Whether pages have a link to report abuse.', siteOnly),
  allow_account_deletion: later.value(onOff, 'off', 'Whether a user may delete the own account.', siteOnly),
  soap_url: later.optional(text, 'The address of the SOAP interface.'),
  soap_url_local: later.optional(text, 'That address behind a proxy.'),
} as const;
