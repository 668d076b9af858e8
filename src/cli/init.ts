import { access, chmod } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { loadSite, type Site } from '../config/site.ts';
import { siteKey, siteSecretFile } from '../config/site-secret.ts';
import { address, domain, type ValueType } from '../config/value-types.ts';
import { makeFolder, writeFileAtomically } from '../files.ts';
import { randomToken } from '../secrets.ts';
import { type CliIo, printJson } from './io.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import { type JsonOptions, withJson } from './site-options.ts';

interface Options extends JsonOptions {
  readonly domain: string;
  readonly listmaster: readonly string[];
}

/** Folders of a site. `ssympa queue` runs as any user and has to reach `sympa.conf` and the socket in `data`. */
const folders: readonly (readonly [path: string, mode: number])[] = [
  ['.', 0o755],
  ['etc', 0o755],
  ['etc/scenari', 0o755],
  ['etc/tasks', 0o755],
  ['etc/mail', 0o755],
  ['etc/tls', 0o750],
  ['expl', 0o750],
  ['expl/X509-user-certs', 0o750],
  ['data', 0o711],
];

/** `ssympa init DIR --domain D --listmaster ADDR` */
export function initCommand(io: CliIo): Command {
  const command = new Command('init')
    .description(
      'Makes a site in a folder: sympa.conf, folders, secrets, a self-signed certificate for the web.',
    )
    .argument('<dir>', 'the folder; it is made when it is not there')
    .requiredOption('--domain <domain>', 'the main mail domain')
    .requiredOption('--listmaster <address...>', 'addresses of the listmasters');
  return withJson(command).action((dir: string, options: Options) => init(io, resolve(io.cwd, dir), options));
}

async function init(io: CliIo, dir: string, options: Options): Promise<void> {
  const name = checked(io, domain, options.domain, '--domain');
  const listmasters = options.listmaster.map((one) => checked(io, address, one, '--listmaster'));
  const confFile = join(dir, 'sympa.conf');
  if (await exists(confFile)) {
    const hint = 'choose another folder, or move the site that is there away';
    io.fail('bad-input', `${confFile} is there already; nothing was changed`, { hint });
  }
  for (const [folder, mode] of folders) await makeOpenFolder(join(dir, folder), mode);
  await writeSecrets(dir, name, io.clock.now());
  // The configuration comes last: with it the folder is a site.
  await writeFileAtomically(confFile, sympaConf(name, listmasters));
  await chmod(confFile, 0o644);
  report(io, await loadSite(confFile), options);
}

/** Makes a folder with just this mode, whatever the umask. */
async function makeOpenFolder(path: string, mode: number): Promise<void> {
  await makeFolder(path, mode);
  await chmod(path, mode);
}

async function writeSecrets(dir: string, domainName: string, nowMs: number): Promise<void> {
  await siteKey({ etcDir: join(dir, 'etc') }, 'init');
  await writeIfMissing(join(dir, 'etc/key_passwd'), `${randomToken(24)}\n`, 0o600);
  const keyFile = join(dir, 'etc/tls/private_key');
  if (await exists(keyFile)) return;
  const { certificatePem, privateKeyPem } = selfSignedCertificate(domainName, nowMs);
  await writeFileAtomically(join(dir, 'etc/tls/cert.pem'), certificatePem);
  await writeFileAtomically(keyFile, privateKeyPem, 0o600);
}

/** A secret that lies there from an earlier attempt is kept: something may be encrypted with it. */
async function writeIfMissing(file: string, text: string, mode: number): Promise<void> {
  if (!(await exists(file))) await writeFileAtomically(file, text, mode);
}

function report(io: CliIo, site: Site, options: Options): void {
  const { file, baseDir } = site;
  if (options.json) printJson(io, { dir: baseDir, conf: file, domain: site.conf.domain });
  else
    io.stdout(`the site ${site.conf.domain} is made in ${baseDir}

  ${file}            what it does; every line explained
  ${siteSecretFile(site)}        its secret
  ${join(baseDir, 'etc/key_passwd')}         pass phrase of the private keys of lists

next:
  ssympa list create NAME --owner ADDRESS --conf ${file}
  ssympa start --conf ${file}
  ssympa doctor --conf ${file}
`);
}

function checked(io: CliIo, type: ValueType<string>, value: string, option: string): string {
  const read = type.schema.safeParse(value);
  if (!read.success)
    io.fail('usage', `${option} is ${JSON.stringify(value.slice(0, 320))}: expected ${type.form}`);
  return read.data;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function sympaConf(domainName: string, listmasters: readonly string[]): string {
  return `# The configuration of this site: one parameter a line, its name and its value.
# Relative paths start at this folder. docs/reference/parameters.md explains every parameter.

# The mail domain of the lists, and who looks after the site.
domain ${domainName}
listmaster ${listmasters.join(',')}

# Whom signatures are trusted from: a file or a folder of certificates, each an anchor.
# Without them no signature counts.
#cafile etc/ca.pem
#capath /etc/ssl/certs

# The file with the pass phrase of the private keys of lists.
key_passwd_file etc/key_passwd

# Where mail comes in (the MTA delivers by LMTP, or pipes into "ssympa queue"), and where it goes out.
#lmtp_listen 127.0.0.1:2424,unix:data/lmtp.sock
#smtp_listen none
#smtp_relay smtp://127.0.0.1:25

# A subscriber without a usable certificate: how often told, how long encrypted posts wait.
#cert_missing_notice_period 7d
#cert_missing_keep 30d

# People and list owners are warned before a certificate ends.
chk_cert_expiration_task daily

# The web interface.
#web_listen 127.0.0.1:8443
#tls_certificate etc/tls/cert.pem
#tls_private_key etc/tls/private_key

# Everything that is no file. One machine: sqlite. Several: postgres://USER:PASSWORD@HOST/NAME
# (then let others not read this file: chmod o-r, and let the user of the MTA's pipe be of its group).
#database sqlite:data/ssympa.db
`;
}
