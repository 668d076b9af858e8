/** A token of an address field. RFC 5322 §3.2, §3.4. */
export interface AddressToken {
  readonly kind: 'word' | 'quoted' | 'comment' | 'literal' | 'special' | 'open-comment' | 'open-quote';
  /** Content without quotes, parentheses of a comment, and escapes. */
  readonly text: string;
  /** Blanks stand before it. */
  readonly spaced: boolean;
  readonly start: number;
  readonly end: number;
}

const maxLiteralLength = 300;

const specials = '<>:;@,';
const wordEnd = '<>:;@,()" \t\r\n';
// RFC 2047 §5 (3) forbids commas and the like in the encoded words of a phrase; they stand there nonetheless.
const encodedWord = /=\?[^\s?()<>@,;:"]{1,80}\?[bq]\?[^\s?]*\?=/iy;

/**
 * Splits an address field into tokens, in one pass.
 *
 * @param text unfolded field body.
 */
export function addressTokens(text: string): readonly AddressToken[] {
  const tokens: AddressToken[] = [];
  let position = 0;
  while (position < text.length) {
    const start = skipSpace(text, position);
    if (start >= text.length) break;
    const token = readToken(text, start, start > position, tokens.at(-1));
    tokens.push(token);
    position = token.end;
  }
  return tokens;
}

function skipSpace(text: string, from: number): number {
  let position = from;
  while (' \t\r\n'.includes(text[position] ?? '.')) position++;
  return position;
}

function readToken(
  text: string,
  start: number,
  spaced: boolean,
  previous: AddressToken | undefined,
): AddressToken {
  const char = text[start]!;
  if (char === '(') return readEnclosed(text, start, spaced, 'comment');
  if (char === '"') return readEnclosed(text, start, spaced, 'quoted');
  if (specials.includes(char)) return { kind: 'special', text: char, spaced, start, end: start + 1 };
  if (char === '[' && previous?.text === '@') {
    const end = start + text.slice(start, start + maxLiteralLength).indexOf(']') + 1;
    if (end > start) return { kind: 'literal', text: text.slice(start, end), spaced, start, end };
  }
  const end = wordEndAt(text, start);
  return { kind: 'word', text: text.slice(start, end), spaced, start, end };
}

function wordEndAt(text: string, start: number): number {
  encodedWord.lastIndex = start;
  let end = encodedWord.test(text) ? encodedWord.lastIndex : start + 1;
  while (end < text.length && !wordEnd.includes(text[end]!)) end++;
  return end;
}

/** A comment (which nests) or a quoted string; one that is not closed reaches to the end. RFC 5322 §3.2.2, §3.2.4. */
function readEnclosed(
  text: string,
  start: number,
  spaced: boolean,
  kind: 'comment' | 'quoted',
): AddressToken {
  const pieces: string[] = [];
  let from = start + 1;
  let depth = 1;
  let index = from;
  for (; index < text.length; index++) {
    const char = text[index]!;
    if (char === '\\') {
      pieces.push(text.slice(from, index));
      from = ++index;
    } else if (char === '(' && kind === 'comment') depth++;
    else if (char === (kind === 'comment' ? ')' : '"') && --depth === 0) break;
  }
  pieces.push(text.slice(from, index));
  const open = kind === 'comment' ? 'open-comment' : 'open-quote';
  const end = Math.min(index + 1, text.length);
  return { kind: depth === 0 ? kind : open, text: pieces.join(''), spaced, start, end };
}
