import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Group, type Mailbox, parseAddressList } from '../../src/mime/address.ts';
import { parseContentDisposition, parseContentType } from '../../src/mime/content-type.ts';
import { parseDate } from '../../src/mime/date.ts';
import { decodeEncodedWords } from '../../src/mime/encoded-word.ts';
import { decodedBody, type Entity, entityBytes, parseEntity } from '../../src/mime/entity.ts';
import { findField } from '../../src/mime/header.ts';
import { corpusFolder } from '../kit/corpora.ts';
import {
  addressDifferences,
  contentTypeDifferences,
  dateDifferences,
  messageDifferences,
} from './mime-differences.ts';

interface Tree {
  readonly type: string;
  readonly parts?: readonly Tree[];
  readonly bytes?: number;
  readonly sha256?: string;
  readonly filename?: string;
}

interface TreeCase {
  readonly file: string;
  readonly tree: Tree;
  readonly [field: string]: unknown;
}

const headerNames = ['subject', 'from', 'to', 'date', 'message-id'] as const;

function readJson<T>(corpus: string, file: string): T {
  return JSON.parse(readFileSync(join(corpusFolder(corpus)!, file), 'utf8')) as T;
}

function fileNameOf(entity: Entity): string | undefined {
  const field = findField(entity.header, 'Content-Disposition');
  const named = field && parseContentDisposition(field.body).parameters.get('filename');
  return named ?? entity.contentType.parameters.get('name');
}

function leafOf(entity: Entity): Tree {
  const body = decodedBody(entity);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const filename = fileNameOf(entity);
  return {
    type: entity.contentType.type,
    bytes: body.length,
    sha256,
    ...(filename === undefined ? {} : { filename }),
  };
}

/** The tables leave encoded words in file names, and have U+FFFD where the header has octets without a charset. */
function sameText(expected: string | undefined, found: string | undefined): boolean {
  if (expected === undefined || found === undefined) return expected === found;
  const plain = (text: string) => decodeEncodedWords(text).replace(/\s+/g, ' ').trim();
  if (!expected.includes('\ufffd')) return plain(expected) === plain(found);
  const pieces = expected
    .replace(/=\?[^?]*\?[qb]\?_?|\?=/gi, '')
    .split('\ufffd')
    .map(plain);
  return pieces.every((piece) => plain(found).replace(/ /g, '').includes(piece.replace(/[ _]/g, '')));
}

function treeDifference(expected: Tree, entity: Entity, path: string): readonly string[] {
  const parts = expected.parts ?? [];
  if (parts.length !== entity.children.length)
    return [`${path}: ${parts.length} parts expected, ${entity.children.length} found`];
  if (expected.type !== entity.contentType.type)
    return [`${path}: ${expected.type} expected, ${entity.contentType.type} found`];
  if (parts.length > 0)
    return parts.flatMap((part, index) =>
      treeDifference(part, entity.children[index]!, `${path}/${index + 1}`),
    );
  const { filename: expectedName, ...expectedLeaf } = expected;
  const { filename, ...leaf } = leafOf(entity);
  return [
    ...(['bytes', 'sha256'] as const)
      .filter((key) => expectedLeaf[key] !== leaf[key])
      .map((key) => `${path}: ${key}`),
    ...(sameText(expectedName, filename)
      ? []
      : [`${path}: file name ${expectedName} expected, ${filename} found`]),
  ];
}

function caseDifferences(row: TreeCase, entity: Entity): readonly string[] {
  const fields = headerNames.filter((name) => {
    const field = findField(entity.header, name);
    return !sameText(row[name] as string | undefined, field && decodeEncodedWords(field.body));
  });
  return [...treeDifference(row.tree, entity, ''), ...fields];
}

function spansNest(entity: Entity): boolean {
  const { span, headerSpan, bodySpan, children } = entity;
  const edges = [span.start, headerSpan.start, headerSpan.end, bodySpan.start, bodySpan.end, span.end];
  const within = children.every(({ span: inner }, index) => {
    const floor = index === 0 ? bodySpan.start : children[index - 1]!.span.end;
    return inner.start >= floor && inner.end <= bodySpan.end;
  });
  return (
    within &&
    edges.every((edge, index) => index === 0 || edge >= edges[index - 1]!) &&
    children.every(spansNest)
  );
}

/** A listed row must differ, any other must not. */
function expectAsListed(listed: string | undefined, differences: readonly string[]): void {
  if (listed === undefined) expect(differences).toEqual([]);
  else expect(differences, 'a listed row that no longer differs').not.toEqual([]);
}

describe.each(['mime-mimetools', 'mime-stalwart', 'mime-torture'])('the corpus %s', (corpus) => {
  const folder = corpusFolder(corpus);
  const rows =
    folder === undefined ? [] : readJson<{ cases: readonly TreeCase[] }>(corpus, 'expectations.json').cases;

  it.skipIf(folder === undefined)('is there with its rows', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  it.each(rows)('reads $file as the table does', (row) => {
    const source = readFileSync(join(folder!, row.file));
    const entity = parseEntity(source);
    expect(spansNest(entity)).toBe(true);
    expect(Buffer.compare(entityBytes(entity), source)).toBe(0);
    expectAsListed(messageDifferences[`${corpus}/${row.file}`], caseDifferences(row, entity));
  });

  it.each(rows)('reads $file the same with CRLF throughout', (row) => {
    const source = readFileSync(join(folder!, row.file)).toString('latin1');
    const shape = (entity: Entity): unknown => [entity.contentType.type, entity.children.map(shape)];
    const crlf = source.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n');
    const lf = source.replaceAll('\r\n', '\n');
    expect(shape(parseEntity(Buffer.from(crlf, 'latin1')))).toEqual(
      shape(parseEntity(Buffer.from(lf, 'latin1'))),
    );
  });
});

interface HeaderRow<T> {
  readonly header: string;
  readonly expected: T | null;
}

interface ExpectedType {
  readonly c_type: string;
  readonly c_subtype: string | null;
  readonly attributes: readonly (readonly [string, string])[] | null;
}

interface ExpectedMailbox {
  readonly name: string | null;
  readonly address: string | null;
}

interface ExpectedAddresses {
  readonly List?: readonly ExpectedMailbox[];
  readonly Group?: readonly {
    readonly name: string | null;
    readonly addresses: readonly ExpectedMailbox[];
  }[];
}

interface ExpectedDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly tz_before_gmt: boolean;
  readonly tz_hour: number;
  readonly tz_minute: number;
}

/** Where the table has no subtype, RFC 2045 §5.2 makes it text/plain. */
function expectedType({ c_type, c_subtype }: ExpectedType): string {
  return c_subtype === null ? 'text/plain' : `${c_type}/${c_subtype}`;
}

function mailboxes(expected: readonly ExpectedMailbox[]): readonly Mailbox[] {
  return expected.flatMap(({ name, address }) =>
    address === null ? [] : [{ displayName: name ?? '', address }],
  );
}

/** The table puts what stands outside of groups into groups without a name, and comments alone into mailboxes without an address. */
function expectedItems(expected: ExpectedAddresses): readonly (Mailbox | Group)[] {
  if (expected.List) return mailboxes(expected.List);
  return expected.Group!.flatMap(({ name, addresses }): readonly (Mailbox | Group)[] =>
    name === null ? mailboxes(addresses) : [{ groupName: name, mailboxes: mailboxes(addresses) }],
  );
}

function expectedMs(date: ExpectedDate): number {
  const zone = (date.tz_before_gmt ? -1 : 1) * (date.tz_hour * 60 + date.tz_minute);
  return Date.UTC(date.year, date.month - 1, date.day, date.hour, date.minute, date.second) - zone * 60_000;
}

function isSame(left: unknown, right: unknown): readonly string[] {
  const [expected, found] = [JSON.stringify(left), JSON.stringify(right)];
  return expected === found ? [] : [`${expected} expected, ${found} found`];
}

describe.skipIf(corpusFolder('mime-stalwart') === undefined)('the tables of header texts', () => {
  const table = <T>(file: string) =>
    corpusFolder('mime-stalwart') === undefined
      ? []
      : readJson<readonly HeaderRow<T>[]>('mime-stalwart', file);

  it.each(table<ExpectedType>('content_type.json'))('reads the content type $header', ({
    header,
    expected,
  }) => {
    const found = parseContentType(header);
    const attributes = (expected?.attributes ?? []).filter(([name]) => !name.endsWith('-language'));
    const parameters = expected === null ? [] : isSame([...attributes].sort(), [...found.parameters].sort());
    const type = isSame(expected === null ? 'text/plain' : expectedType(expected), found.type);
    expectAsListed(contentTypeDifferences[header], [...type, ...parameters]);
  });

  it.each(table<ExpectedAddresses>('address.json'))('reads the addresses $header', ({ header, expected }) => {
    expectAsListed(
      addressDifferences[header],
      isSame(expectedItems(expected!), parseAddressList(header).items),
    );
  });

  it.each(table<ExpectedDate>('date.json'))('reads the date $header', ({ header, expected }) => {
    const wanted = expected === null ? undefined : expectedMs(expected);
    expectAsListed(dateDifferences[header], isSame(wanted ?? null, parseDate(header) ?? null));
  });
});

describe('the list of differences', () => {
  it.skipIf(corpusFolder('mime-stalwart') === undefined)('names only rows that are there', () => {
    const files = ['mime-mimetools', 'mime-stalwart', 'mime-torture'].flatMap((corpus) =>
      readJson<{ cases: readonly TreeCase[] }>(corpus, 'expectations.json').cases.map(
        ({ file }) => `${corpus}/${file}`,
      ),
    );
    const headers = (file: string) =>
      readJson<readonly HeaderRow<unknown>[]>('mime-stalwart', file).map(({ header }) => header);
    const unknown = [
      ...Object.keys(messageDifferences).filter((row) => !files.includes(row)),
      ...Object.keys(contentTypeDifferences).filter((row) => !headers('content_type.json').includes(row)),
      ...Object.keys(addressDifferences).filter((row) => !headers('address.json').includes(row)),
      ...Object.keys(dateDifferences).filter((row) => !headers('date.json').includes(row)),
    ];
    expect(unknown).toEqual([]);
  });
});
