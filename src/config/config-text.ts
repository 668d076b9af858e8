import { readFileIfThere } from '../files.ts';
import { ConfigError } from './error.ts';
import { maxConfigBytes } from './parameter-lines.ts';

/**
 * Reads the text of a configuration file.
 *
 * @returns `undefined` when there is no such file
 * @throws ConfigError `config-unreadable`, `config-too-large`
 */
export async function readConfigText(file: string): Promise<string | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readFileIfThere(file, maxConfigBytes);
  } catch (error) {
    if (error instanceof RangeError)
      throw new ConfigError('config-too-large', error.message, { cause: error });
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigError('config-unreadable', `${file} cannot be read (${code})`, { cause: error });
  }
  if (!bytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const hint = 'save the file as UTF-8';
    throw new ConfigError('config-unreadable', `${file} is not UTF-8`, { cause: error, hint });
  }
}
