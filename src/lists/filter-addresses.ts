import { ConfigError } from '../config/error.ts';
import { canonicalAddress } from '../mime/address.ts';

/** The addresses that a `.txt` file names. */
export interface AddressPatterns {
  /** Tells whether a text fits one of the patterns, whatever the case. */
  fits(text: string): boolean;
}

const maxLines = 200_000;
const maxLineLength = 1_000;

interface Wildcard {
  readonly before: string;
  readonly after: string;
}

/**
 * Reads a `.txt` file: a pattern a line, the first `*` of which stands for any characters; `#` or `;` at the start
 * makes a comment.
 *
 * @throws ConfigError `config-too-large`
 */
export function parseAddressPatterns(text: string, file: string): AddressPatterns {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.length > maxLines)
    throw new ConfigError('config-too-large', `more than ${maxLines} lines`, {
      place: { file, line: maxLines + 1 },
    });
  const whole = new Set<string>();
  const wildcards: Wildcard[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.length > maxLineLength)
      throw new ConfigError('config-too-large', `a pattern of more than ${maxLineLength} characters`, {
        place: { file, line: index + 1 },
      });
    const star = line.indexOf('*');
    if (star === -1) whole.add(plain(line)).add(plain(canonicalAddress(line)));
    else wildcards.push({ before: plain(line.slice(0, star)), after: plain(line.slice(star + 1)) });
  }
  return { fits: (given) => formsOf(given).some((form) => whole.has(form) || wildcards.some(fits(form))) };
}

function formsOf(text: string): readonly string[] {
  return [...new Set([plain(text.trim()), plain(canonicalAddress(text))])];
}

function fits(text: string): (wildcard: Wildcard) => boolean {
  return ({ before, after }) =>
    text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

function plain(text: string): string {
  return text.toLowerCase();
}
