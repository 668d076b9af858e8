import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusFolder } from '../test/kit/corpora.ts';

/**
 * Reads files of corpora that lie beside the repository; where they are missing, nothing.
 *
 * @param names corpora
 * @param pattern of file names
 */
export function corpusFiles(names: readonly string[], pattern: RegExp): readonly Uint8Array[] {
  return names.flatMap((name) => {
    const folder = corpusFolder(name);
    if (folder === undefined) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && pattern.test(entry.name))
      .map((entry) => new Uint8Array(readFileSync(join(entry.parentPath, entry.name))));
  });
}

/** Bytes of text in UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

/** Text of any bytes: UTF-8 where they are, each wrong octet replaced. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
