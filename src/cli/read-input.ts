import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMissing } from '../files.ts';
import type { CliIo } from './io.ts';

/** The largest file or standard input that a command takes. */
const maxInputBytes = 256 << 20;

/**
 * Reads a file that a command line names, or standard input for `-`. A missing file ends the command with 66, one that
 * is too large with 65, one that may not be read with 77.
 */
export async function readInput(io: CliIo, file: string, maxBytes = maxInputBytes): Promise<Uint8Array> {
  if (file === '-') return readStdin(io, maxBytes);
  const path = resolve(io.cwd, file);
  try {
    const info = await stat(path);
    if (info.isDirectory()) io.fail('bad-input', `${file} is a folder`);
    if (info.size > maxBytes) io.fail('bad-input', `${file} is larger than ${maxBytes} bytes`);
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) io.fail('no-input', `there is no file ${file}`);
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EPERM') io.fail('not-permitted', `${file} may not be read`);
    throw error;
  }
}

const maxPasswordBytes = 64 << 10;

/** Reads the first line of a file, as a password stands there; ends the command as {@link readInput} does. */
export async function readFirstLine(io: CliIo, file: string): Promise<string> {
  const text = Buffer.from(await readInput(io, file, maxPasswordBytes)).toString('utf8');
  return text.split(/\r?\n/, 1)[0]!;
}

async function readStdin(io: CliIo, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of io.stdin) {
    size += piece.length;
    if (size > maxBytes) io.fail('bad-input', `standard input is larger than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
