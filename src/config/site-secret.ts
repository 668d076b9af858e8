import { link, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, makeFolder, writeFileAtomically } from '../files.ts';
import { hmacSha256Hex, randomToken } from '../secrets.ts';
import { ConfigError } from './error.ts';
import type { Site } from './site.ts';

const secretBytes = 32;
const maxSecretFileBytes = 1_024;

const kept = new Map<string, Promise<string>>();

/** Gives the file of a site's secret: `etc/site_secret`, which the nodes of a cluster share. */
export function siteSecretFile(site: Pick<Site, 'etcDir'>): string {
  return join(site.etcDir, 'site_secret');
}

/**
 * Gives a key of the site for one purpose, made from the site's secret. The secret is made when there is none.
 *
 * @param purpose a name that no other use has
 * @returns 64 hex digits
 * @throws ConfigError `config-unreadable` when the file cannot be read, or others may read it
 */
export async function siteKey(site: Pick<Site, 'etcDir'>, purpose: string): Promise<string> {
  const file = siteSecretFile(site);
  let secret = kept.get(file);
  if (!secret) {
    secret = readOrMake(file);
    kept.set(file, secret);
    // What failed is tried again by the next caller.
    secret.catch(() => kept.delete(file));
  }
  return hmacSha256Hex(await secret, purpose);
}

async function readOrMake(file: string): Promise<string> {
  try {
    return await readSecret(file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (!isMissing(error)) throw unreadable(file, error);
  }
  await makeSecret(file);
  return readSecret(file);
}

async function readSecret(file: string): Promise<string> {
  const info = await stat(file);
  if ((info.mode & 0o007) !== 0) {
    const hint = `chmod o-rwx ${file}`;
    throw new ConfigError('config-unreadable', `${file} may be read by everybody and is not used`, { hint });
  }
  const text = info.size > maxSecretFileBytes ? '' : (await readFile(file, 'utf8')).trim();
  if (text.length < secretBytes) throw new ConfigError('config-unreadable', `${file} holds no secret`);
  return text;
}

async function makeSecret(file: string): Promise<void> {
  const draft = `${file}.${randomToken(6)}`;
  try {
    await makeFolder(dirname(file));
    await writeFileAtomically(draft, `${randomToken(secretBytes)}\n`, 0o600);
    // A link fails where the file exists, so of two nodes that start at once one makes the secret of both.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await rm(draft, { force: true });
  }
}

function unreadable(file: string, cause: unknown): ConfigError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  const hint = `let the user of the service write the folder ${dirname(file)}`;
  return new ConfigError(
    'config-unreadable',
    `the secret of the site ${file} cannot be read or made (${code})`,
    {
      cause,
      hint,
    },
  );
}
