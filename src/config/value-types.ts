import { isIP } from 'node:net';
import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

/** How the text of a value is read, and how the form is described. */
export interface ValueType<T> {
  /** The form in words, for error messages and the reference: `a whole number`. */
  readonly form: string;
  readonly schema: z.ZodType<T, string>;
  /** Makes the paths in a value absolute; a relative one starts at the folder of `sympa.conf`. */
  readonly relocate?: Relocate;
  readonly isSecret?: boolean;
}

/** Makes the paths in a value absolute by a function that does so for one path. */
export type Relocate = (value: unknown, resolve: (path: string) => string) => unknown;

/**
 * Makes a value type of a reader.
 *
 * @param read gives `undefined` for text that has not the form
 */
function valueType<T>(form: string, read: (text: string) => T | undefined): ValueType<T> {
  const schema = z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${form}` });
    return z.NEVER;
  });
  return { form, schema };
}

/** The longest list of values in one parameter. */
const maxListItems = 1_000;

const switches: Readonly<Record<string, boolean>> = {
  on: true,
  off: false,
  yes: true,
  no: false,
  enabled: true,
  disabled: false,
};

/** `on` or `off`. */
export const onOff = valueType('on or off', (text) => switches[text.toLowerCase()]);

/** Any text of one line. */
export const text = valueType('text', (value) => value);

/** A text that no message and no log repeats. */
export const secret: ValueType<string> = { ...valueType('a secret text', (value) => value), isSecret: true };

/** A path; a relative one starts at the folder of `sympa.conf`. */
export const path: ValueType<string> = {
  ...valueType('a path', (value) => value),
  relocate: (value, resolve) => resolve(value as string),
};

/** A program: a path, or a name that is looked for in PATH. */
export const program: ValueType<string> = {
  ...valueType('a program', (value) => value),
  relocate: (value, resolve) => ((value as string).includes('/') ? resolve(value as string) : value),
};

/**
 * A whole number.
 *
 * @param least the smallest that is allowed
 * @param most the largest
 */
export function count(least = 0, most = Number.MAX_SAFE_INTEGER): ValueType<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  return valueType(`a whole number ${range}`, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    return number >= least && number <= most ? number : undefined;
  });
}

/** A number that may have a fraction. */
export const decimal = valueType('a number', (value) =>
  /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : undefined,
);

const sizeUnits: Readonly<Record<string, number>> = { '': 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

/** A number of bytes, `K`, `M` or `G` behind it for units of 1024. */
export const size = valueType('a number of bytes, or one with K, M or G', (value) => {
  const match = /^(\d{1,12})\s?([kmg]?)(?:i?b|o)?$/i.exec(value);
  return match ? Number(match[1]) * sizeUnits[match[2]!.toLowerCase()]! : undefined;
});

/** A duration with its unit, kept in milliseconds. */
export const duration = valueType('a duration such as 7d, 12h or 1d12h', parseDuration);

/** A share in a hundred, with or without `%`. */
export const percent = valueType('a share from 0% to 100%', (value) => {
  const match = /^(\d{1,3})\s?%?$/.exec(value);
  return match && Number(match[1]) <= 100 ? Number(match[1]) : undefined;
});

/** A priority of Sympa: 0 (first) to 9, or `z` for held. */
export const priority = valueType('a priority from 0 to 9, or z', (value) =>
  /^[0-9z]$/.test(value) ? value : undefined,
);

/** One of some words. */
export function choice<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): ValueType<Words[number]> {
  return valueType(`one of ${words.join(', ')}`, (value): Words[number] | undefined =>
    words.find((word) => word === value.toLowerCase()),
  );
}

/** Values with commas between them. */
export function commaList<T>(item: ValueType<T>): ValueType<readonly T[]> {
  const form = `a comma-separated list, each ${item.form}`;
  return valueType(form, (value) => {
    const parts = value.split(',').map((part) => part.trim());
    const wanted = parts.filter((part) => part !== '');
    if (wanted.length === 0 || wanted.length > maxListItems) return undefined;
    const read = wanted.map((part) => item.schema.safeParse(part));
    return read.every((one) => one.success) ? read.map((one) => one.data as T) : undefined;
  });
}

/** A comma list of which every item is one of some words; `none` stands for no item. */
export function choices<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): ValueType<readonly Words[number][]> {
  const items = commaList(choice(...words));
  return valueType(`none, or a comma-separated list of ${words.join(', ')}`, (value) =>
    value.toLowerCase() === 'none' ? [] : readValue(items, value),
  );
}

/**
 * A value type that takes other words for some of its values.
 *
 * @param others the other word, and the one that it stands for
 */
export function synonyms<T>(type: ValueType<T>, others: Readonly<Record<string, string>>): ValueType<T> {
  const translated = (item: string) => (Object.hasOwn(others, item) ? others[item]! : item);
  return valueType(type.form, (value) =>
    readValue(
      type,
      value
        .split(',')
        .map((item) => translated(item.trim()))
        .join(','),
    ),
  );
}

/** A word without blanks. */
export const word = valueType('a word without blanks', (value) => (/^\S+$/.test(value) ? value : undefined));

/** Words with commas between them; `none` stands for no word. */
export const words = valueType(
  'words with commas between, or none',
  (value): readonly string[] | undefined =>
    value.toLowerCase() === 'none' ? [] : readValue(commaList(word), value),
);

/** A name that may be a part of a file name. */
export const fileName = valueType('a name of letters, digits, "-", "_" and "."', (value) =>
  /^[A-Za-z0-9_][A-Za-z0-9_.,-]{0,99}$/.test(value) && !value.includes('..') ? value : undefined,
);

const domainLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Tells whether a text is a domain name in lower-case ASCII (RFC 1035 §2.3.4 for the lengths). */
export function isDomain(value: string): boolean {
  const labels = value.split('.');
  return value.length <= 253 && labels.length >= 2 && labels.every((label) => domainLabel.test(label));
}

/** A header field of a message. */
export const headerField = valueType('a field written "Name: value"', (value) =>
  /^[\u0021-\u0039\u003B-\u007E]{1,70}:\s/.test(value) ? value : undefined,
);

/** A domain name, kept in lower case. */
export const domain = valueType('a domain name', (value) => {
  const lower = value.toLowerCase();
  return isDomain(lower) ? lower : undefined;
});

/** A host name or an IP address. */
export const host = valueType('a host name or an IP address', (value) =>
  /^[A-Za-z0-9_.:-]{1,255}$/.test(value) ? value : undefined,
);

/** A server at an IP address; without a port at the usual one of its protocol. */
export interface IpServer {
  readonly host: string;
  readonly port?: number;
}

/** An IP address with or without a port; with one an IPv6 address stands in brackets. */
export const ipServer = valueType('an IP address, with or without a port', (value): IpServer | undefined => {
  if (isIP(value) !== 0) return { host: value };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (isIP(host) === 0 || port === 0 || (port ?? 0) > 65_535) return undefined;
  return { host, ...(port !== undefined && { port }) };
});

/**
 * An address without display name. Whatever has more than this form (quoted local parts) is read where mail is; a
 * configuration needs no such address.
 */
export const address = valueType('an address such as user@example.org', (value) => {
  const at = value.lastIndexOf('@');
  const local = value.slice(0, Math.max(at, 0));
  const fits = local.length <= 64 && /^[^\s@"(),:;<>[\\\]\u0000-\u001F\u007F]+$/.test(local);
  const named = /^[^\s@"(),:;<>[\\\]_\u0000-\u001F\u007F]{1,255}$/.test(value.slice(at + 1));
  return fits && named ? `${local}@${value.slice(at + 1).toLowerCase()}` : undefined;
});

/** A web address. */
export const url = valueType('a web address (http or https)', (value) =>
  /^https?:$/.test(protocolOf(value)) ? value : undefined,
);

/** Where mail is handed over. */
export const smtpRoute = valueType('smtp://HOST:PORT, smtps://HOST:PORT or none', (value) => {
  if (value.toLowerCase() === 'none') return 'none';
  return /^smtps?:$/.test(protocolOf(value)) && new URL(value).hostname !== '' ? value : undefined;
});

const sqliteScheme = 'sqlite:';

/** The address of a database. */
export const databaseUrl: ValueType<string> = {
  ...valueType('sqlite:PATH or postgres://…', (value) => {
    if (value.startsWith(sqliteScheme)) return value.length > sqliteScheme.length ? value : undefined;
    return /^postgres(ql)?:$/.test(protocolOf(value)) ? value : undefined;
  }),
  // The address of a server holds a password more often than not.
  isSecret: true,
  relocate: (value, resolve) => {
    const address = value as string;
    return address.startsWith(sqliteScheme)
      ? sqliteScheme + resolve(address.slice(sqliteScheme.length))
      : address;
  },
};

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}

/** Addresses that listeners wait at, or `none`. */
export const listenAddresses: ValueType<readonly ListenAddress[]> = {
  ...valueType('HOST:PORT or unix:PATH, several with commas between, or none', (value) => {
    if (value.toLowerCase() === 'none') return [];
    const items = value.split(',').map((part) => parseListenAddress(part.trim()));
    return items.every((item) => item !== undefined) ? items : undefined;
  }),
  relocate: (value, resolve) =>
    (value as readonly ListenAddress[]).map((item) =>
      item.kind === 'unix' ? { kind: 'unix', path: resolve(item.path) } : item,
    ),
};

/** The address of the web interface. */
export const webAddress = valueType('HOST:PORT, http://HOST:PORT or none', (value) => {
  const bare = value.replace(/^https?:\/\//, '');
  if (value.toLowerCase() === 'none') return 'none';
  return parseListenAddress(bare)?.kind === 'tcp' ? value : undefined;
});

/**
 * A pattern that is tried on local parts and the like: words with `|` between, in Perl's form. Only its length is
 * checked here.
 */
export const pattern = valueType('a regular expression', (value) =>
  value.length <= 1_000 ? value : undefined,
);

function readValue<T>(type: ValueType<T>, value: string): T | undefined {
  const read = type.schema.safeParse(value);
  return read.success ? read.data : undefined;
}
