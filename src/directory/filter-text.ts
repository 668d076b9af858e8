import { FilterParser } from 'ldapts';
import { DirectoryError } from './error.ts';

/** A search filter, parsed. */
export type SearchFilter = ReturnType<typeof FilterParser.parseString>;

const maxFilterLength = 65_536;

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\00',
  '(': '\\28',
  ')': '\\29',
  '*': '\\2a',
  '\\': '\\5c',
};

/** Escapes a text so that it stands in a search filter for itself alone (RFC 4515 §3). */
export function escapeFilterValue(text: string): string {
  return text.replace(/[\0()*\\]/g, (character) => escapes[character]!);
}

/**
 * Parses a search filter.
 *
 * @throws DirectoryError `bad-search-filter`, without the text of the filter
 */
export function parseSearchFilter(text: string): SearchFilter {
  if (text.length > maxFilterLength)
    throw new DirectoryError('bad-search-filter', `the search filter is longer than ${maxFilterLength}`);
  if (text.split('(').length !== text.split(')').length)
    throw new DirectoryError('bad-search-filter', 'a parenthesis of the search filter has no partner');
  try {
    return FilterParser.parseString(text.replace(/(?:\\[0-9a-fA-F]{2})+/g, utf8OfEscapes));
  } catch {
    // No cause: the parser quotes the values.
    throw new DirectoryError('bad-search-filter', 'the search filter has not the form of RFC 4515');
  }
}

/** Escapes count octets (RFC 4515 §3), the parser takes each for a character: what is not ASCII is written out. */
function utf8OfEscapes(run: string): string {
  const octets = Buffer.from(run.replaceAll('\\', ''), 'hex');
  return escapeFilterValue(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
}
