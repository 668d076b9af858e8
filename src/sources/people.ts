import { setImmediate as breathe } from 'node:timers/promises';
import { canonicalAddress, parseAddress, parseAddressList } from '../mime/address.ts';
import { SourcesError } from './error.ts';

/** Whom a data source names: canonical addresses, each with a display name or without. */
export type People = ReadonlyMap<string, string | null>;

/** What a data source answers. */
export interface SourceAnswer {
  readonly people: People;
  /** How many entries hold something else than an address. */
  readonly faulty: number;
}

/** Somebody as a line of a file has it. */
export interface PersonLine {
  /** Canonical. */
  readonly address: string;
  readonly gecos?: string;
}

/** The most people that one data source names. */
export const maxPeople = 1_000_000;
/** The most that one data source sends. */
export const maxSourceBytes = 256 << 20;

/** Longer than any address that mail reaches (RFC 5321 §4.5.3.1). */
const maxAddressLength = 320;
const maxLineLength = 2_000;
const maxGecosLength = 200;
/** Lines that are read before others have their turn. */
const linesAtOnce = 2_000;

/** Collects whom a data source names, within its bounds. */
export class PeopleCollector {
  readonly #people = new Map<string, string | null>();
  #faulty = 0;

  /** Takes an address and perhaps a name; what is no address is counted. */
  take(text: string, gecos?: string | null): void {
    const address = addressIn(text);
    if (address === undefined) this.#faulty++;
    else this.#keep(address, gecos);
  }

  /** Takes a file of addresses, one a line; empty lines and those behind `#` are skipped. */
  async takeLines(text: string): Promise<void> {
    let read = 0;
    for (const line of linesOf(text)) {
      if (++read % linesAtOnce === 0) await breathe();
      if (line === '' || line.startsWith('#')) continue;
      const person = readPersonLine(line);
      if (person) this.#keep(person.address, person.gecos);
      else this.#faulty++;
    }
  }

  answer(): SourceAnswer {
    return { people: this.#people, faulty: this.#faulty };
  }

  #keep(address: string, gecos: string | null | undefined): void {
    if (this.#people.size >= maxPeople && !this.#people.has(address))
      throw new SourcesError('source-too-large', `the source names more than ${maxPeople} people`);
    const name = displayName(gecos ?? '');
    if (!this.#people.has(address) || name !== null) this.#people.set(address, name);
  }
}

/** Reads an address, an address and a name behind a blank, or a mailbox such as `"Ann" <ann@example.org>`. */
export function readPersonLine(text: string): PersonLine | undefined {
  if (text.length > maxLineLength) return undefined;
  const [first = '', ...words] = text.split(/\s+/);
  const plain = addressIn(first);
  if (plain !== undefined) {
    const gecos = words.join(' ');
    return { address: plain, ...(gecos && { gecos }) };
  }
  const { items, defects } = parseAddressList(text);
  const [mailbox] = items;
  if (defects.length > 0 || items.length !== 1 || !mailbox || 'groupName' in mailbox) return undefined;
  const address = addressIn(mailbox.address);
  const gecos = mailbox.displayName;
  return address === undefined ? undefined : { address, ...(gecos && { gecos }) };
}

/** Gives the canonical form of an address; `undefined` for anything else, control characters in quotes too. */
function addressIn(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > maxAddressLength || /\p{Cc}/u.test(trimmed)) return undefined;
  const address = parseAddress(trimmed);
  return address === undefined ? undefined : canonicalAddress(address);
}

function displayName(text: string): string | null {
  const line = text
    .slice(0, maxLineLength)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line === '' ? null : line.slice(0, maxGecosLength).toWellFormed().trim();
}

/** Line by line: a list of a million lines at once would take their memory twice. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    yield text.slice(at, end).trim();
    at = end + 1;
  }
}
