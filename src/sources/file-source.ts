import { readFileIfThere } from '../files.ts';
import { fileFingerprint } from '../lists/search-path.ts';
import { SourcesError } from './error.ts';
import { maxSourceBytes, PeopleCollector, type SourceAnswer } from './people.ts';

/**
 * Reads a file of addresses, one a line.
 *
 * @throws SourcesError `source-missing`, `source-unreadable`, `source-too-large`
 */
export async function readFileSource(path: string): Promise<SourceAnswer> {
  const bytes = await bytesOf(path);
  const collector = new PeopleCollector();
  await collector.takeLines(decoded(bytes, path));
  return collector.answer();
}

/**
 * Reads what a source sent as text.
 *
 * @throws SourcesError `source-unreadable`
 */
export function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SourcesError('source-unreadable', `${what} is not UTF-8`, { temporary: false });
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    // Not of a pipe or a device, which has no end.
    const bytes =
      (await fileFingerprint(path)) === undefined ? undefined : await readFileIfThere(path, maxSourceBytes);
    if (bytes) return bytes;
  } catch (cause) {
    if (cause instanceof RangeError) throw new SourcesError('source-too-large', cause.message);
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new SourcesError('source-unreadable', `${path} cannot be read (${code})`, { cause });
  }
  throw new SourcesError('source-missing', `there is no file ${path}`);
}
