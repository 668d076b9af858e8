import type { Command } from 'commander';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { formatPem, parsePem, readCertificates } from '../pki/pem.ts';
import { keyMatchesCertificate, parsePrivateKey } from '../pki/private-key.ts';
import type { DecryptionIdentity } from '../smime/open-message.ts';
import { ListKeyring } from '../trust/list-keys.ts';
import type { CliIo } from './io.ts';
import { readFirstLine, readInput } from './read-input.ts';
import { type SiteOptions, withOpenSite } from './site-options.ts';
import { collect } from './trust-inputs.ts';

type PrivateKey = DecryptionIdentity['privateKey'];

/** Options that name private keys. */
export interface KeyOptions extends SiteOptions {
  readonly key: readonly string[];
  readonly cert: readonly string[];
  readonly passwordFile: readonly string[];
  readonly list?: string;
}

/** A key with the certificates of its pair's file. */
export interface KeyPairInput {
  readonly identities: readonly DecryptionIdentity[];
  /** Certificates that no key was given for. */
  readonly others: readonly Certificate[];
}

/** Adds `--key`, `--cert` and `--password-file`. */
export function withKeys(command: Command): Command {
  return command
    .option('--key <file>', 'a private key, PEM or DER; may be repeated', collect, [])
    .option('--cert <file>', 'the certificates of the keys, PEM or DER; may be repeated', collect, [])
    .option('--password-file <file>', 'its first line opens the keys; may be repeated', collect, []);
}

/**
 * Reads the pairs that a command line names. Which certificate belongs to which key, the keys themselves tell.
 *
 * @throws PkiError `wrong-password`, `password-needed`, `bad-key`
 */
export async function readKeyPairs(io: CliIo, options: KeyOptions): Promise<KeyPairInput> {
  const passwords = await Promise.all(options.passwordFile.map((file) => readFirstLine(io, file)));
  const keyFiles = await Promise.all(options.key.map((file) => readInput(io, file)));
  const certFiles = await Promise.all(options.cert.map((file) => readInput(io, file)));
  const keys = keyFiles.flatMap((bytes) => readKeys(bytes, passwords));
  const certificates = [...certFiles, ...keyFiles.filter(isPem)].flatMap(readCertificates);
  const identities = keys.flatMap((privateKey) => pairsOf(io, privateKey, certificates));
  const paired = new Set(identities.map(({ certificate }) => certificate.sha256));
  return { identities, others: certificates.filter(({ sha256 }) => !paired.has(sha256)) };
}

/** Gives the pairs of the command line and, with `--list`, those of the list. */
export async function readAllKeys(
  io: CliIo,
  options: KeyOptions,
): Promise<{
  readonly identities: readonly DecryptionIdentity[];
  readonly lockedCertificates: readonly Certificate[];
}> {
  const { identities } = await readKeyPairs(io, options);
  const { list: name } = options;
  if (name === undefined) return { identities, lockedCertificates: [] };
  return withOpenSite(io, options, async ({ site, lists }) => {
    const list = await lists.get(name);
    const keys = await new ListKeyring(() => site.conf.key_passwd, silentLog).keysOf(list.directory);
    for (const { reason, hint } of keys.problems) io.stderr(`ssympa: warning: ${reason} ${hint}\n`);
    return { identities: [...identities, ...keys.identities], lockedCertificates: keys.lockedCertificates };
  });
}

function pairsOf(
  io: CliIo,
  privateKey: PrivateKey,
  certificates: readonly Certificate[],
): readonly DecryptionIdentity[] {
  const own = certificates.filter((certificate) => keyMatchesCertificate(privateKey, certificate));
  if (own.length === 0) io.fail('bad-input', 'none of the certificates given belongs to one of the keys');
  return [...new Map(own.map((one) => [one.sha256, one])).values()].map((certificate) => ({
    certificate,
    privateKey,
  }));
}

/** A file may hold several keys; each is tried with each password. */
function readKeys(bytes: Uint8Array, passwords: readonly string[]): readonly PrivateKey[] {
  if (!isPem(bytes)) return [openKey(bytes, passwords)];
  const blocks = parsePem(bytes).filter(({ label }) => label.endsWith('PRIVATE KEY'));
  if (blocks.length < 2) return [openKey(bytes, passwords)];
  return blocks.map(({ label, bytes: der, headers }) => {
    const fields = [...headers].map(([name, value]) => `${name}: ${value}\n`).join('');
    const pem = formatPem(label, der).replace('-----\n', `-----\n${fields === '' ? '' : `${fields}\n`}`);
    return openKey(new TextEncoder().encode(pem), passwords);
  });
}

function openKey(bytes: Uint8Array, passwords: readonly string[]): PrivateKey {
  let failure: unknown;
  for (const password of passwords.length > 0 ? passwords : [undefined]) {
    try {
      return parsePrivateKey(bytes, password);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function isPem(bytes: Uint8Array): boolean {
  return bytes[0] !== 0x30;
}
