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
    'A file of certificates, each an accepted anchor. Without `cafile` and `capath` nobody is trusted.',
    siteOnly,
  ),
  capath: group.optional(
    path,
    'A folder of certificates, each an accepted anchor; their file names (hashed or not) do not matter.',
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
  crl_dir: later.optional(
    path,
    'The folder of certificate revocation lists; `crl` in the folder `home` when it is not set.',
    siteOnly,
  ),
  crl_update_task: later.optional(
    fileName,
    'Version of the task model that fetches revocation lists.',
    siteOnly,
  ),
  chk_cert_expiration_task: later.optional(
    fileName,
    'Version of the task model that warns of certificates about to expire.',
    siteOnly,
  ),
} as const;
