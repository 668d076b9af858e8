import { ParameterGroup } from '../parameter.ts';
import {
  choice,
  commaList,
  duration,
  fileName,
  host,
  onOff,
  path,
  program,
  secret,
  url,
} from '../value-types.ts';

const group = new ParameterGroup('S/MIME');
const siteOnly = { siteOnly: true } as const;

/** Keys, certificates and whom they are trusted from. */
export const smimeParameters = {
  openssl: group.optional(
    program,
    'The OpenSSL program. It is used only where an outside check is asked for (`ssympa doctor`, the demo); signatures and encryption need no program.',
    { ...siteOnly, aliases: ['openSSL'] },
  ),
  cafile: group.optional(
    path,
    'A file of certificates, each an accepted anchor. Without `cafile` and `capath` nobody is trusted. In a `robot.conf`, a `cafile` or `capath` that differs from the one of the site replaces both for that domain.',
  ),
  capath: group.optional(
    path,
    'A folder of certificates, each an accepted anchor; their file names (hashed or not) do not matter.',
  ),
  capath_rehash: group.value(
    onOff,
    'off',
    'Whether the task that updates revocation lists also renews the links (HASH.N) in `capath`, by `openssl rehash`, for other programs that share the folder.',
    siteOnly,
  ),
  key_passwd: group.optional(secret, 'The pass phrase of the private keys of all lists.', {
    ...siteOnly,
    aliases: ['key_password', 'password'],
  }),
  key_passwd_file: group.optional(
    path,
    'A file whose first line is the pass phrase, in place of `key_passwd`.',
    siteOnly,
  ),
  ssl_cert_dir: group.optional(
    path,
    'The folder of user certificates; `X509-user-certs` in the folder `home` when it is not set. It holds one PEM file each, named `ADDRESS`, `ADDRESS@enc` or `ADDRESS@sign`. A file put there is taken into use, a removed one is withdrawn.',
    siteOnly,
  ),
  cert_missing_notice_period: group.value(
    duration,
    '7d',
    'How often a subscriber without a usable certificate is told so.',
  ),
  cert_missing_keep: group.value(
    duration,
    '30d',
    'How long an encrypted post waits for the certificate of a subscriber; then it is dropped for that subscriber and the owners are told.',
  ),
  cert_missing_report: group.value(
    onOff,
    'on',
    'Whether the sender of an encrypted post is told how many could not be served, and the owners get a daily list.',
  ),
  signed_command_age: group.value(
    duration,
    '5d',
    'How old the signature of a signed command may be, by its own signing time; an older one is refused, and each counts once.',
    siteOnly,
  ),
  crl_dir: group.optional(
    path,
    'The folder of certificate revocation lists; `crl` in the folder `home` when it is not set. Lists that are fetched lie there, one file for each address; others may be put there.',
    siteOnly,
  ),
  crl_policy: group.value(
    choice('require', 'prefer', 'off'),
    'prefer',
    'What revocation lists mean for signatures, and for certificates that people are encrypted to: with `require`, a certificate whose list is missing or out of date is not accepted; with `prefer`, what a list says counts, and a missing one is no fault; with `off` none is looked at.',
    siteOnly,
  ),
  fetch_private_hosts: group.optional(
    commaList(host),
    'Hosts inside of the own network that revocation lists may be fetched from. Addresses that are not public are refused otherwise, since certificates name what is fetched.',
    siteOnly,
  ),
  fetch_proxy: group.optional(
    url,
    'The proxy that revocation lists are fetched through, `http://HOST:PORT`. Each host is looked up here first all the same, so that none of the own network is asked for.',
    siteOnly,
  ),
  fetch_proxy_resolves: group.value(
    onOff,
    'off',
    'Whether `fetch_proxy` is asked for hosts that are not found by a look-up here: for a site where only the proxy resolves names. The proxy must then refuse hosts of the own network by itself.',
    siteOnly,
  ),
  crl_update_task: group.optional(
    fileName,
    'Version of the task model that fetches revocation lists: `daily`. Without it there is no such task.',
    siteOnly,
  ),
  chk_cert_expiration_task: group.optional(
    fileName,
    'Version of the task model that warns of certificates about to expire: `daily`. Without it there is no such task.',
    siteOnly,
  ),
} as const;
