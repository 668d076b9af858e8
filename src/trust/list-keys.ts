import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../files.ts';
import type { Log } from '../log.ts';
import { type Certificate, certificateUses } from '../pki/certificate.ts';
import { readCertificates } from '../pki/pem.ts';
import { keyMatchesCertificate, parsePrivateKey } from '../pki/private-key.ts';
import type { DecryptionIdentity } from '../smime/open-message.ts';
import { isRetired } from './list-key-files.ts';

const maxKeyFileBytes = 1 << 20;
const maxGenerations = 64;

/** Why a key of a list is not used. */
export const keyProblemCodes = {
  'key-missing': { meaning: 'cert.pem has no private_key beside it.' },
  'key-password': { meaning: 'The private key does not open with key_passwd.' },
  'key-unreadable': { meaning: 'The private key is not a key that can be read.' },
  'key-certificate-mismatch': { meaning: 'The private key and the certificate do not belong together.' },
  'key-mode': {
    meaning: 'The private key can be read by group or others; it is not used until that is mended.',
  },
  'key-owner': { meaning: 'The private key is owned by neither this service nor root; it is not used.' },
  'certificate-unreadable': { meaning: 'cert.pem of the list is not a certificate that can be read.' },
} as const;

export type KeyProblemCode = keyof typeof keyProblemCodes;

/** One key that cannot be used, and what to do about it. */
export interface KeyProblem {
  readonly code: KeyProblemCode;
  readonly file: string;
  readonly reason: string;
  readonly hint: string;
}

/** One usable pair of a list, with the certificates between it and an anchor where the file holds them. */
export interface ListIdentity extends DecryptionIdentity {
  readonly chain: readonly Certificate[];
  /** What follows `cert.pem`: '' for the plain pair, `.enc`, `.sign`, `.2025` …; `.2025.retired` decrypts only. */
  readonly generation: string;
}

/** All keys of one list as they lie in its folder. */
export interface ListKeys {
  readonly identities: readonly ListIdentity[];
  /** Certificates of the list whose key cannot be loaded now: a message to them is held, not refused. */
  readonly lockedCertificates: readonly Certificate[];
  readonly problems: readonly KeyProblem[];
}

/** The one certificate that senders are to encrypt to: `cert.pem.enc`, else `cert.pem`, else the newest that may. */
export function encryptionIdentity(keys: ListKeys): ListIdentity | undefined {
  return preferred(keys, '.enc', 'encrypt');
}

/** The pair that the list signs with: `.sign`, else the plain pair, else the newest that may. */
export function signingIdentity(keys: ListKeys): ListIdentity | undefined {
  return preferred(keys, '.sign', 'sign');
}

function preferred(keys: ListKeys, suffix: string, use: 'encrypt' | 'sign'): ListIdentity | undefined {
  const able = keys.identities.filter(
    ({ certificate, generation }) => certificateUses(certificate)[use] && !isRetired(generation),
  );
  return (
    able.find((identity) => identity.generation === suffix) ??
    able.find((identity) => identity.generation === '') ??
    able.toSorted((a, b) => b.certificate.notBeforeMs - a.certificate.notBeforeMs)[0]
  );
}

/**
 * Reads the keys of lists: `cert.pem` and `private_key`, and any number of generations `cert.pem.X` with
 * `private_key.X`. Keeps them in memory until a file or the pass phrase changes.
 */
export class ListKeyring {
  readonly #password: () => string | undefined;
  readonly #log: Log;
  readonly #kept = new Map<string, { readonly fingerprint: string; readonly keys: ListKeys }>();

  /** @param password gives `key_passwd` as it is configured now */
  constructor(password: () => string | undefined, log: Log) {
    this.#password = password;
    this.#log = log;
  }

  /** Gives the keys of the list whose folder is named; an empty set when it has none. */
  async keysOf(directory: string): Promise<ListKeys> {
    const password = this.#password();
    const generations = await findGenerations(directory);
    const fingerprint = JSON.stringify([password ?? null, generations.map(fingerprintOf)]);
    const kept = this.#kept.get(directory);
    if (kept?.fingerprint === fingerprint) return kept.keys;
    const loaded = await Promise.all(generations.map((generation) => loadGeneration(generation, password)));
    const keys: ListKeys = {
      identities: loaded.flatMap((one) => (one.identity ? [one.identity] : [])),
      lockedCertificates: loaded.flatMap((one) =>
        one.identity || !one.certificate ? [] : [one.certificate],
      ),
      problems: loaded.flatMap((one) => (one.problem ? [one.problem] : [])),
    };
    for (const problem of keys.problems)
      this.#log.error('list key not usable', { code: problem.code, file: problem.file });
    this.#kept.set(directory, { fingerprint, keys });
    return keys;
  }
}

interface Generation {
  readonly suffix: string;
  readonly certificateFile: string;
  readonly certificateStat: Stats;
  readonly keyFile: string;
  readonly keyStat: Stats | undefined;
}

interface LoadedGeneration {
  readonly certificate?: Certificate;
  readonly identity?: ListIdentity;
  readonly problem?: KeyProblem;
}

async function findGenerations(directory: string): Promise<readonly Generation[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const suffixes = names
    .filter((name) => /^cert\.pem(\.[A-Za-z0-9_.-]+)?$/.test(name))
    .map((name) => name.slice(8));
  const found = await Promise.all(
    suffixes
      .sort()
      .slice(0, maxGenerations)
      .map((suffix) => describeGeneration(directory, suffix)),
  );
  return found.filter((generation) => generation !== undefined);
}

async function describeGeneration(directory: string, suffix: string): Promise<Generation | undefined> {
  const certificateFile = join(directory, `cert.pem${suffix}`);
  const keyFile = join(directory, `private_key${suffix}`);
  const certificateStat = await stat(certificateFile).catch(() => undefined);
  const keyStat = await stat(keyFile).catch(() => undefined);
  if (!certificateStat?.isFile()) return undefined;
  return { suffix, certificateFile, certificateStat, keyFile, keyStat };
}

function fingerprintOf(generation: Generation): readonly unknown[] {
  const { certificateStat: c, keyStat: k } = generation;
  return [generation.suffix, c.mtimeMs, c.size, c.ino, k?.mtimeMs, k?.size, k?.ino, k?.mode, k?.uid];
}

async function loadGeneration(
  generation: Generation,
  password: string | undefined,
): Promise<LoadedGeneration> {
  const certificates = await readPemFile(generation.certificateFile).catch(() => []);
  if (certificates.length === 0) {
    const reason = 'The file holds no certificate that can be read.';
    return { problem: problem('certificate-unreadable', generation.certificateFile, reason) };
  }
  const refusal = refuseKeyFile(generation);
  if (refusal) return { certificate: certificates[0]!, problem: refusal };
  return loadKey(generation, certificates, password);
}

async function loadKey(
  generation: Generation,
  certificates: readonly Certificate[],
  password: string | undefined,
): Promise<LoadedGeneration> {
  const first = certificates[0]!;
  try {
    const privateKey = parsePrivateKey(await readFile(generation.keyFile), password);
    const certificate = certificates.find((one) => keyMatchesCertificate(privateKey, one));
    if (!certificate) {
      const reason = `The key is not the one of ${generation.certificateFile}.`;
      return { certificate: first, problem: problem('key-certificate-mismatch', generation.keyFile, reason) };
    }
    const chain = certificates.filter((one) => one !== certificate);
    return { certificate, identity: { certificate, privateKey, chain, generation: generation.suffix } };
  } catch (error) {
    const code = (error as { code?: string }).code;
    const wrongPassword = code === 'wrong-password' || code === 'password-needed';
    return {
      certificate: first,
      problem: wrongPassword
        ? problem('key-password', generation.keyFile, 'The key does not open with key_passwd of sympa.conf.')
        : problem('key-unreadable', generation.keyFile, 'The file is not a private key that can be read.'),
    };
  }
}

function refuseKeyFile(generation: Generation): KeyProblem | undefined {
  const { keyStat, keyFile } = generation;
  if (!keyStat?.isFile() || keyStat.size > maxKeyFileBytes)
    return problem('key-missing', keyFile, 'There is no private key beside the certificate.');
  if ((keyStat.mode & 0o077) !== 0)
    return problem('key-mode', keyFile, 'Group or others can read the private key.');
  if (keyStat.uid !== 0 && keyStat.uid !== process.getuid?.())
    return problem('key-owner', keyFile, 'Neither this service nor root owns the private key.');
  return undefined;
}

const hints: Readonly<Record<KeyProblemCode, string>> = {
  'key-missing': 'install the pair again with ssympa p12topem, or put private_key beside cert.pem',
  'key-password': 'set key_passwd to the pass phrase of the key; held messages go out by themselves then',
  'key-unreadable': 'put a PEM private key (PKCS#8, PKCS#1 or SEC 1) there',
  'key-certificate-mismatch': 'install certificate and key of one pair',
  'key-mode': 'chmod 600 the file',
  'key-owner': 'chown the file to the user that runs this service',
  'certificate-unreadable': 'put the PEM certificate of the list there',
};

function problem(code: KeyProblemCode, file: string, reason: string): KeyProblem {
  return { code, file, reason, hint: hints[code] };
}

async function readPemFile(path: string): Promise<readonly Certificate[]> {
  const info = await stat(path);
  return info.size > maxKeyFileBytes ? [] : readCertificates(await readFile(path));
}
