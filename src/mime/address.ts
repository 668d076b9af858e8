import { formatLocalPart, isAddrSpec, isAtom, localPartContent, splitAddress } from './addr-spec.ts';
import { type AddressToken, addressTokens } from './address-token.ts';
import { isAscii } from './charset.ts';
import { decodeEncodedWords, encodePhrase } from './encoded-word.ts';
import { MimeError } from './error.ts';
import { withinField } from './header.ts';
import { defaultMimeLimits } from './limits.ts';

/** A display name with an address. RFC 5322 §3.4. */
export interface Mailbox {
  /** Decoded; comments follow in parentheses, or stand alone where there is no name; '' where there is neither. */
  readonly displayName: string;
  /** `local@domain` without comments and blanks; where it is malformed, as it stands there. */
  readonly address: string;
}

/** A named group of mailboxes. RFC 5322 §3.4. */
export interface Group {
  readonly groupName: string;
  readonly mailboxes: readonly Mailbox[];
}

/** What may be wrong in an address field that was read nonetheless. */
export const addressDefects = {
  'bad-address': 'Something stands where an address should, and is none.',
  'no-domain': 'An address has no domain.',
  'no-address': 'A name stands there without an address.',
  'missing-comma': 'Two mailboxes stand there without a comma between them.',
  'missing-angle': 'A name and an address stand there without angle brackets.',
  'unclosed-angle': 'An angle bracket is not closed.',
  'unclosed-group': 'A group is not closed by a semicolon.',
  'unclosed-comment': 'A comment is not closed.',
  'unclosed-quote': 'A quoted string is not closed.',
  'stray-special': 'A character that separates stands where nothing is to be separated.',
} as const;

type AddressDefect = keyof typeof addressDefects;

/** What an address field holds. */
export interface AddressList {
  readonly items: readonly (Mailbox | Group)[];
  /** Keys of {@link addressDefects}; with any of them the field is ambiguous, and nothing should be trusted to it. */
  readonly defects: readonly string[];
}

/**
 * Parses the body of an address field: groups, comments, quoted local parts, domain literals, UTF-8, the obsolete syntax, and what
 * real mail makes of it. RFC 5322 §3.4 and §4.4, RFC 6532, RFC 6854.
 *
 * @param body field body, folded or not; a line end that folds nothing ends it.
 * @throws MimeError 'too-many-addresses'.
 */
export function parseAddressList(body: string): AddressList {
  const text = withinField(body).replace(/[\r\n]+/g, '');
  const reader = new AddressReader(text);
  return reader.read();
}

/** Collects one mailbox after the other from the tokens of a field. */
class AddressReader {
  readonly #text: string;
  readonly #tokens: readonly AddressToken[];
  readonly #items: (Mailbox | Group)[] = [];
  readonly #defects = new Set<AddressDefect>();
  #group: { groupName: string; mailboxes: Mailbox[] } | undefined;
  #before: AddressToken[] = [];
  #after: AddressToken[] = [];
  #comments: string[] = [];
  #angle: string | undefined;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = addressTokens(text);
  }

  read(): AddressList {
    for (let index = 0; index < this.#tokens.length; index++) {
      const token = this.#tokens[index]!;
      if (token.kind !== 'special') this.#take(token);
      else if (token.text === '<') index = this.#readAngle(index);
      else this.#readSpecial(token);
    }
    this.#flush();
    if (this.#group) this.#defects.add('unclosed-group');
    this.#closeGroup();
    return { items: this.#items, defects: [...this.#defects] };
  }

  #take(token: AddressToken): void {
    if (token.kind === 'open-comment') this.#defects.add('unclosed-comment');
    if (token.kind === 'open-quote') this.#defects.add('unclosed-quote');
    if (token.kind === 'comment' || token.kind === 'open-comment') this.#comments.push(token.text);
    else (this.#angle === undefined ? this.#before : this.#after).push(token);
  }

  #readSpecial(token: AddressToken): void {
    if (token.text === ',') this.#flush();
    else if (token.text === ';') {
      this.#flush();
      this.#closeGroup();
    } else if (token.text === ':' && this.#mayNameGroup()) this.#openGroup();
    else if (token.text === '@') this.#take(token);
    else {
      this.#defects.add('stray-special');
      if (token.text === ':') this.#take(token);
    }
  }

  #mayNameGroup(): boolean {
    return (
      this.#group === undefined &&
      this.#angle === undefined &&
      this.#before.length > 0 &&
      !hasAt(this.#before)
    );
  }

  #openGroup(): void {
    this.#group = { groupName: displayName(this.#before, this.#comments), mailboxes: [] };
    this.#reset();
  }

  #closeGroup(): void {
    if (this.#group) this.#items.push(this.#group);
    this.#group = undefined;
  }

  /** @returns index of the token that closes the angle. */
  #readAngle(open: number): number {
    if (this.#angle !== undefined) {
      this.#defects.add('missing-comma');
      this.#flush();
    }
    let close = open + 1;
    while (close < this.#tokens.length && !isSpecial(this.#tokens[close], '>')) close++;
    const inside = this.#tokens.slice(open + 1, close);
    if (close === this.#tokens.length) this.#defects.add('unclosed-angle');
    for (const token of inside) if (isComment(token)) this.#comments.push(token.text);
    const tokens = withoutRoute(inside.filter((token) => !isComment(token)));
    const from = tokens[0]?.start ?? 0;
    this.#angle = this.#address(tokens, this.#text.slice(from, tokens.at(-1)?.end ?? from));
    return close;
  }

  /** The address that tokens make; where they make none, the text as it stands. */
  #address(tokens: readonly AddressToken[], raw: string): string {
    const address = joinAddress(tokens);
    if (address !== undefined && isAddrSpec(address)) return address;
    this.#defects.add(hasAt(tokens) ? 'bad-address' : 'no-domain');
    return address ?? raw.trim();
  }

  #flush(): void {
    if (this.#angle !== undefined) this.#flushAngle(this.#angle);
    else if (this.#before.length > 0) this.#flushBare(this.#before, this.#comments);
    this.#reset();
  }

  #flushAngle(address: string): void {
    const second = hasAt(this.#after) ? this.#after : [];
    const phrase = second.length > 0 ? this.#before : [...this.#before, ...this.#after];
    this.#push({ displayName: displayName(phrase, this.#comments), address });
    if (second.length === 0) return;
    this.#defects.add('missing-comma');
    this.#flushBare(second, []);
  }

  /** An address without angle brackets; words beside it are taken as its name. */
  #flushBare(tokens: readonly AddressToken[], comments: readonly string[]): void {
    const chunks = glue(tokens);
    const addresses = chunks.length === 1 ? chunks : chunks.filter(hasAt);
    const names = chunks.length === 1 ? [] : chunks.filter((chunk) => !hasAt(chunk)).flat();
    if (addresses.length === 0) this.#defects.add('no-address');
    else if (addresses.length > 1) this.#defects.add('missing-comma');
    else if (names.length > 0) this.#defects.add('missing-angle');
    for (const [index, chunk] of addresses.entries()) {
      const address = this.#address(chunk, this.#text.slice(chunk[0]!.start, chunk.at(-1)!.end));
      this.#push({ displayName: index === 0 ? displayName(names, comments) : '', address });
    }
  }

  #push(mailbox: Mailbox): void {
    if (++this.#count > defaultMimeLimits.maxAddresses)
      throw new MimeError(
        'too-many-addresses',
        `a field has more than ${defaultMimeLimits.maxAddresses} mailboxes`,
      );
    if (this.#group) this.#group.mailboxes.push(mailbox);
    else this.#items.push(mailbox);
  }

  #reset(): void {
    this.#before = [];
    this.#after = [];
    this.#comments = [];
    this.#angle = undefined;
  }
}

function isComment(token: AddressToken): boolean {
  return token.kind === 'comment' || token.kind === 'open-comment';
}

function isSpecial(token: AddressToken | undefined, char: string): boolean {
  return token?.kind === 'special' && token.text === char;
}

function isAt(token: AddressToken | undefined): boolean {
  return isSpecial(token, '@');
}

function hasAt(tokens: readonly AddressToken[]): boolean {
  return tokens.some(isAt);
}

/** RFC 5322 §4.4: a route before the address is read and left out. */
function withoutRoute(tokens: readonly AddressToken[]): readonly AddressToken[] {
  const colon = isAt(tokens[0]) ? tokens.findIndex((token) => isSpecial(token, ':')) : -1;
  return tokens.slice(colon + 1);
}

/** Splits tokens where a blank stands that does not belong to an address: not beside a dot or an `@`. RFC 5322 §4.4. */
function glue(tokens: readonly AddressToken[]): readonly (readonly AddressToken[])[] {
  const chunks: AddressToken[][] = [];
  for (const [index, token] of tokens.entries()) {
    const previous = tokens[index - 1];
    const joined =
      previous &&
      (!token.spaced ||
        isAt(token) ||
        isAt(previous) ||
        (token.kind === 'word' && token.text.startsWith('.')) ||
        (previous.kind === 'word' && previous.text.endsWith('.')));
    if (joined) chunks.at(-1)!.push(token);
    else chunks.push([token]);
  }
  return chunks;
}

function joinAddress(tokens: readonly AddressToken[]): string | undefined {
  const at = tokens.findLastIndex(isAt);
  if (glue(tokens).length !== 1 || at < 1) return undefined;
  const local = tokens.slice(0, at);
  const domain = tokens.slice(at + 1);
  if (local.some(({ kind }) => kind === 'special') || domain.some(({ kind }) => kind === 'quoted'))
    return undefined;
  const content = local.map(({ text }) => text).join('');
  const quoted = local.some(({ kind }) => kind === 'quoted');
  return `${quoted ? formatLocalPart(content) : content}@${domain.map(({ text }) => text).join('')}`;
}

function displayName(phrase: readonly AddressToken[], comments: readonly string[]): string {
  const words = phrase.map(({ text, spaced }, index) => (spaced && index > 0 ? ` ${text}` : text)).join('');
  const name = decodeEncodedWords(words);
  const comment = decodeEncodedWords(comments.join(' ')).replace(/\s+/g, ' ').trim();
  if (comment === '') return name;
  return name.trim() === '' ? comment : `${name} (${comment})`;
}

/**
 * Parses one address that stands alone, strictly. RFC 5322 §3.4.1, RFC 6532 §3.2.
 *
 * @param text no display name, no comments, no blanks around it; at most 320 characters.
 * @returns the address, or undefined where the text is anything else.
 */
export function parseAddress(text: string): string | undefined {
  if (!isAddrSpec(text)) return undefined;
  const { localPart, domain } = splitAddress(text)!;
  return `${formatLocalPart(localPartContent(localPart))}@${domain}`;
}

/**
 * Writes an address in the form in which two of them are compared: domain as lower-case A-labels, local part in ASCII lower case.
 *
 * @param address `local@domain`; what is no address is only lower-cased.
 */
export function canonicalAddress(address: string): string {
  const parts = splitAddress(address.trim());
  if (parts === undefined) return lowerAscii(address.trim());
  const localPart = formatLocalPart(localPartContent(lowerAscii(parts.localPart)));
  return `${localPart}@${canonicalDomain(parts.domain)}`;
}

/** RFC 5890 §2.3.2.1: the A-label form. */
function canonicalDomain(domain: string): string {
  if (isAscii(domain) || !/^[\p{L}\p{M}\p{N}\-_.\u3002\uff0e\uff61]+$/u.test(domain))
    return lowerAscii(domain);
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return lowerAscii(domain);
  }
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

/**
 * Writes a mailbox for an address field. RFC 5322 §3.4, RFC 2047 §5 (3).
 *
 * @param mailbox control characters in its name become blanks.
 * @returns ASCII, but for an address that is not. RFC 6532.
 * @throws MimeError 'bad-address' where the address would end the field or its own angle brackets.
 */
export function formatMailbox(mailbox: Mailbox): string {
  const { address } = mailbox;
  if (parseAddress(address) === undefined && /[\x00-\x20\x7f<>,;]/.test(address))
    throw new MimeError('bad-address', 'an address that was to be written holds blanks or specials');
  const name = mailbox.displayName.replace(/[\x00-\x1f\x7f]+/g, ' ');
  return name.trim() === '' ? address : `${formatPhrase(name)} <${address}>`;
}

function formatPhrase(name: string): string {
  if (!isAscii(name) || name.includes('=?')) return encodePhrase(name);
  return name.split(' ').every(isAtom) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}
