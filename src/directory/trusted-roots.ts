import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { isFaultOfFile, isMissing, readFileIfThere } from '../files.ts';
import { DirectoryError } from './error.ts';

/** Where the certification authorities stand that certify a server. */
export interface RootPlaces {
  /** A file of certificates in PEM. */
  readonly caFile?: string;
  /** A folder of such files. */
  readonly caPath?: string;
}

const maxRootBytes = 4 << 20;
const maxRootFiles = 1_000;

/**
 * Reads the certification authorities that a server is checked against: those of the file and the folder, or where
 * neither is named those of the system.
 *
 * @throws DirectoryError `ca-unreadable`, temporary where the system fails and not the file
 */
export async function trustedRoots({ caFile, caPath }: RootPlaces): Promise<SecureContext> {
  if (caFile === undefined && caPath === undefined)
    return createSecureContext({ ca: getCACertificates('system') });
  const files = [...(caFile === undefined ? [] : [caFile]), ...(await filesIn(caPath))];
  const texts = await Promise.all(files.map(readRoots));
  const ca = texts.filter((text) => text.includes('-----BEGIN CERTIFICATE-----'));
  const place = caFile ?? caPath!;
  if (ca.length === 0) throw new DirectoryError('ca-unreadable', `${place} holds no certificate in PEM`);
  try {
    return createSecureContext({ ca });
  } catch (cause) {
    // OpenSSL passes over most of what is odd in a file; what it does not is told by codes of its own.
    if (!(cause as NodeJS.ErrnoException).code?.startsWith('ERR_OSSL')) throw cause;
    throw new DirectoryError('ca-unreadable', `${place} holds a faulty certificate`, { cause });
  }
}

async function filesIn(folder: string | undefined): Promise<readonly string[]> {
  if (folder === undefined) return [];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return files.slice(0, maxRootFiles).map(({ name }) => join(folder, name));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

async function readRoots(file: string): Promise<string> {
  try {
    const bytes = await readFileIfThere(file, maxRootBytes);
    if (bytes) return new TextDecoder('latin1').decode(bytes);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw unreadable(file, undefined);
}

function unreadable(path: string, cause: unknown): unknown {
  const hint = 'name a file of certificates in PEM that the user of the service may read';
  if (cause === undefined || isMissing(cause) || isFaultOfFile(cause))
    return new DirectoryError('ca-unreadable', `${path} cannot be read`, { cause, hint });
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (syscall === undefined) return cause;
  return new DirectoryError('ca-unreadable', `${path} cannot be read now (${code})`, {
    cause,
    temporary: true,
  });
}
