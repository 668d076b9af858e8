import { link, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, makeFolder, readFileIfThere, removeFile, writeFileAtomically } from '../files.ts';
import { TrustError } from './error.ts';

const maxFileBytes = 1 << 20;
const pendingKeyFile = 'private_key.pending';
const requestFile = 'request.pem';

/** A pair as it is written: PEM. */
export interface PairFiles {
  /** The certificate, then those above it. */
  readonly certificates: string;
  readonly privateKey: string;
}

/** How a pair is installed. */
export interface InstallOptions {
  /** `''`, `.enc` or `.sign`. */
  readonly suffix: string;
  /** Whether a pair that is there becomes a generation; else it is not touched. */
  readonly replace: boolean;
  readonly nowMs: number;
}

/**
 * Writes `cert.pem` and `private_key` so that at every moment, and after a crash, the two are one pair.
 *
 * The pair that was there becomes the generation of the day. Then the file of certificates gets the new ones in front of
 * the old ones, so that either key has its certificate in it; then the key is exchanged; then the old certificates go.
 *
 * @returns the suffix of the generation that the old pair became, undefined where there was none
 * @throws TrustError `pair-exists` without `replace`
 */
export async function installPair(
  directory: string,
  pair: PairFiles,
  { suffix, replace, nowMs }: InstallOptions,
): Promise<string | undefined> {
  await makeFolder(directory);
  const certFile = join(directory, `cert.pem${suffix}`);
  const keyFile = join(directory, `private_key${suffix}`);
  const old = await readFileIfThere(certFile, maxFileBytes);
  if (!replace && (old !== undefined || (await exists(keyFile)))) {
    const hint = 'with --replace it becomes a generation that still decrypts';
    throw new TrustError('pair-exists', `${certFile} or ${keyFile} is there already`, { hint });
  }
  const generation = await keepGeneration(directory, suffix, nowMs);
  if (old !== undefined) {
    const both = `${pair.certificates.trimEnd()}\n${new TextDecoder().decode(old)}`;
    await writeFileAtomically(certFile, both, 0o644);
  }
  await writeKey(directory, keyFile, pair.privateKey);
  await writeFileAtomically(certFile, pair.certificates, 0o644);
  return generation;
}

/** Writes a key that only its owner may read; root leaves it to the owner of the folder, who is to use it. */
async function writeKey(directory: string, file: string, pem: string): Promise<void> {
  const owner = process.getuid?.() === 0 ? await stat(directory) : undefined;
  await writeFileAtomically(file, pem, 0o600, owner);
}

/** Gives the present pair a second name of the day; it keeps the first until that is written over. */
async function keepGeneration(directory: string, suffix: string, nowMs: number): Promise<string | undefined> {
  if (!(await exists(join(directory, `private_key${suffix}`)))) return undefined;
  const generation = await freeGeneration(directory, `${suffix}.${dayOf(nowMs)}`);
  await linkPair(directory, suffix, generation);
  return generation;
}

/** A key without certificate is looked at by nobody, so it comes first and goes last. */
async function linkPair(directory: string, from: string, to: string): Promise<void> {
  await link(join(directory, `private_key${from}`), join(directory, `private_key${to}`));
  await link(join(directory, `cert.pem${from}`), join(directory, `cert.pem${to}`)).catch(unlessMissing);
}

async function freeGeneration(directory: string, wanted: string): Promise<string> {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? wanted : `${wanted}-${number}`;
    const taken = await Promise.all(
      ['cert.pem', 'private_key'].map((name) => exists(join(directory, name + suffix))),
    );
    if (!taken.includes(true)) return suffix;
  }
}

/**
 * Retires a generation: it gets a name that ends in `.retired`, still decrypts, and is neither given out nor signs.
 *
 * @returns the new suffix
 * @throws TrustError `no-such-key`
 */
export async function retireGeneration(directory: string, suffix: string, nowMs: number): Promise<string> {
  await requirePair(directory, suffix);
  const isCurrent = suffix === '' || suffix === '.enc' || suffix === '.sign';
  const dated = isCurrent ? `${suffix}.${dayOf(nowMs)}` : suffix;
  const retired = await freeGeneration(directory, `${dated}${retiredSuffix}`);
  await linkPair(directory, suffix, retired);
  await rm(join(directory, `cert.pem${suffix}`), { force: true });
  await rm(join(directory, `private_key${suffix}`));
  return retired;
}

/** Ends the name of a generation that decrypts and does nothing else; a number may follow. */
const retiredSuffix = '.retired';

/** Tells whether a generation was retired. */
export function isRetired(suffix: string): boolean {
  return /\.retired(-\d+)?$/.test(suffix);
}

/**
 * Moves a generation aside, into `old-keys` of the folder: it decrypts no more, and can be put back.
 *
 * @returns the folder that it lies in
 * @throws TrustError `no-such-key`
 */
export async function moveGenerationAside(directory: string, suffix: string): Promise<string> {
  await requirePair(directory, suffix);
  const aside = join(directory, 'old-keys');
  await makeFolder(aside, 0o700);
  const name = await freeGeneration(aside, suffix);
  await rename(join(directory, `cert.pem${suffix}`), join(aside, `cert.pem${name}`)).catch(unlessMissing);
  await rename(join(directory, `private_key${suffix}`), join(aside, `private_key${name}`));
  return aside;
}

async function requirePair(directory: string, suffix: string): Promise<void> {
  const file = join(directory, `private_key${suffix}`);
  if (!(await exists(file))) throw new TrustError('no-such-key', `there is no ${file}`);
}

/**
 * Keeps a key and its request until the certificate comes. The request of a key that waited so far goes first: at no
 * moment, and after no crash, does a request stand beside another key.
 */
export async function writePending(
  directory: string,
  pending: { readonly privateKey: string; readonly request: string },
): Promise<void> {
  await makeFolder(directory);
  await removeFile(join(directory, requestFile));
  await writeKey(directory, join(directory, pendingKeyFile), pending.privateKey);
  await writeFileAtomically(join(directory, requestFile), pending.request, 0o644);
}

/** Gives the bytes of the key that waits for its certificate. */
export async function readPendingKey(directory: string): Promise<Uint8Array | undefined> {
  return readFileIfThere(join(directory, pendingKeyFile), maxFileBytes);
}

/** Gives the certification request that waits, as PEM. */
export async function readPendingRequest(directory: string): Promise<string | undefined> {
  const bytes = await readFileIfThere(join(directory, requestFile), maxFileBytes);
  return bytes && new TextDecoder().decode(bytes);
}

/** Forgets the key that waited: its pair is installed. */
export async function dropPending(directory: string): Promise<void> {
  await rm(join(directory, requestFile), { force: true });
  await rm(join(directory, pendingKeyFile), { force: true });
}

/** Gives the bytes of `private_key`, of a suffix. */
export async function readKeyFile(directory: string, suffix: string): Promise<Uint8Array | undefined> {
  return readFileIfThere(join(directory, `private_key${suffix}`), maxFileBytes);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
