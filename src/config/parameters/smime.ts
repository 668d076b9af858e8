import { ParameterGroup } from '../parameter.ts';
import { duration, fileName, onOff, path, program, secret } from '../value-types.ts';

const group = new ParameterGroup('S/MIME');
const later = new ParameterGroup('S/MIME', 'none yet');
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
  crl_dir: later.optional(
    path,
    'The folder of certificate revocation lists; `crl` in the folder `home` when it is not set.',
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
