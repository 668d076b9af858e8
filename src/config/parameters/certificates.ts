import { ParameterGroup } from '../parameter.ts';
import {
  choice,
  commaList,
  count,
  duration,
  ipServer,
  onOff,
  path,
  secret,
  text,
  word,
} from '../value-types.ts';

const group = new ParameterGroup('Certificates of persons');
const siteOnly = { siteOnly: true } as const;

/** When another certificate of a person comes into use, and whom certificates are asked of. */
export const certificateParameters = {
  certificate_change: group.value(
    choice('confirm', 'accept'),
    'confirm',
    'What becomes of a certificate of another authority and key than those that are known of its person: with `confirm` it waits, and mail goes on to the one in use, until the person confirms it or the operator does; with `accept` it comes into use.',
    siteOnly,
  ),
  certificate_renewal: group.value(
    choice('accept', 'confirm'),
    'accept',
    'The same for a new key that the same authority certifies.',
    siteOnly,
  ),
  ldap_certificate_host: group.optional(
    commaList(word),
    'Directory servers that are asked for the certificates of those who have none, `HOST` or `HOST:PORT`, tried in this order. Without it no directory is asked.',
    siteOnly,
  ),
  ldap_certificate_suffix: group.value(text, '', 'The entry of the directory that the search starts at.', {
    ...siteOnly,
  }),
  ldap_certificate_filter: group.value(
    text,
    '(mail=[address])',
    'The search filter; `[address]`, `[local]` and `[domain]` stand for the address and its parts, escaped.',
    siteOnly,
  ),
  ldap_certificate_scope: group.value(
    choice('sub', 'one', 'base'),
    'sub',
    'How deep the search goes.',
    siteOnly,
  ),
  ldap_certificate_attributes: group.value(
    commaList(word),
    'userSMIMECertificate;binary,userCertificate;binary',
    'Attributes that hold certificates. The value of one named `userSMIMECertificate` is signed data, and counts when its signature does.',
    siteOnly,
  ),
  ldap_certificate_bind_dn: group.optional(
    text,
    'The name to log in to the directory with; without it nobody logs in.',
    siteOnly,
  ),
  ldap_certificate_bind_password: group.optional(secret, 'The password to log in with.', siteOnly),
  ldap_certificate_use_tls: group.value(
    choice('starttls', 'ldaps', 'none'),
    'starttls',
    'How the connection to the directory is protected. The certificate of the server is checked, always.',
    siteOnly,
  ),
  ldap_certificate_ca_file: group.optional(
    path,
    'A file of the certification authorities of the directory servers; those of the system without it.',
    siteOnly,
  ),
  ldap_certificate_timeout: group.value(
    duration,
    '10s',
    'How long the directory may take, all servers together. No distribution waits for it.',
    siteOnly,
  ),
  ldap_certificate_refresh: group.value(
    duration,
    '1d',
    'How long a certificate of the directory is used before the directory is asked again.',
    siteOnly,
  ),
  ldap_certificate_retry: group.value(
    duration,
    '1h',
    'How long a person is not asked about again whom the directory does not know.',
    siteOnly,
  ),
  smimea_resolver: group.optional(
    ipServer,
    'The resolver that is asked for SMIMEA records (RFC 8162) of those who have no certificate, after the directory, such as `127.0.0.1:53`. It has to validate by DNSSEC: what it does not call validated is not used. Without it the DNS is not asked.',
    siteOnly,
  ),
  smimea_resolver_remote: group.value(
    onOff,
    'off',
    'Whether the resolver may be on another machine. That an answer is validated is one bit of it, which anybody on the way could set: `on` says that the way is safe, such as a tunnel.',
    siteOnly,
  ),
  smimea_path: group.value(
    choice('record', 'anchor'),
    'record',
    'Whether a certificate needs a path to an anchor of the site: with `record` where the usage of its record demands one (0, 1); with `anchor` always.',
    siteOnly,
  ),
  smimea_timeout: group.value(
    duration,
    '5s',
    'How long the resolver may take for one person. No distribution waits for it.',
    siteOnly,
  ),
  smimea_refresh: group.value(
    duration,
    '1d',
    'How long at most a certificate of the DNS is used before the DNS is asked again; the TTL of the record counts where it is shorter, down to `smimea_retry`.',
    siteOnly,
  ),
  smimea_retry: group.value(
    duration,
    '1h',
    'How long a person is not asked about again who has no record.',
    siteOnly,
  ),
  smimea_domain_max: group.value(
    count(1),
    '500',
    'Persons of one domain who are asked about in an hour. Who subscribes many names of a domain could learn from it which of them have a certificate.',
    siteOnly,
  ),
} as const;
