import { byteMutators, wordMutator } from './byte-mutators.ts';
import { derMutators } from './der-mutators.ts';
import { type Mutator, spliced } from './mutator.ts';
import type { Random } from './random.ts';

/** Bytes as text, each octet one character, so that nothing is lost. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

type LineEdit = (lines: string[], at: number, random: Random) => void;

const lineEdits: readonly LineEdit[] = [
  (lines, at) => lines.splice(at, 1),
  (lines, at, random) => {
    const copies = random.oneIn(8) ? 1 + random.size(3_000) : 1;
    lines.splice(at, 0, ...Array.from({ length: copies }, () => lines[at]!));
  },
  (lines, at, random) =>
    lines.splice(random.below(lines.length), 0, ...lines.splice(at, 1 + random.below(4))),
  (lines, at, random) => {
    lines[at] = `${random.pick([' ', '\t', '#', ';', '.', '--'])}${lines[at]}`;
  },
  (lines, at) => {
    lines[at] = lines[at]!.trim();
  },
  (lines, at) => lines.splice(at, 2, `${lines[at]}${lines[at + 1] ?? ''}`),
  (lines, at, random) => {
    const cut = random.below(lines[at]!.length + 1);
    lines.splice(at, 1, lines[at]!.slice(0, cut), `${random.pick(['', ' '])}${lines[at]!.slice(cut)}`);
  },
  (lines, at, random) => {
    lines[at] = lines[at]!.replace(/\r?$/, random.pick(['', '\r', '\r\r', ' \r', '\0\r']));
  },
];

/** Changes lines as wholes. */
const editLines: Mutator = (input, random) => {
  const lines = textOf(input).split('\n');
  random.pick(lineEdits)(lines, random.below(lines.length), random);
  return bytesOf(lines.join('\n'));
};

/** Changes all line ends. */
const changeLineEnds: Mutator = (input, random) =>
  bytesOf(
    textOf(input)
      .replaceAll('\r\n', '\n')
      .replaceAll('\n', random.pick(['\r\n', '\n', '\r', '\n\r'])),
  );

/** Exchanges two words, or sets one twice. */
const moveWord: Mutator = (input, random) => {
  const words = textOf(input).split(/(\s+)/);
  const [from, to] = [random.below(words.length), random.below(words.length)];
  words[to] = words[from]!;
  return bytesOf(words.join(''));
};

/** Mutators for files of lines. */
export const lineMutators: readonly Mutator[] = [editLines, editLines, changeLineEnds, moveWord];

function boundariesOf(text: string): readonly string[] {
  return [...text.matchAll(/boundary="?([^"\s;]{1,70})/gi)].map((match) => match[1]!);
}

/** Puts delimiters where none belong: too long, closed, of another level, without line end. */
const playWithBoundary: Mutator = (input, random) => {
  const text = textOf(input);
  const boundaries = boundariesOf(text);
  if (boundaries.length === 0) return undefined;
  const boundary = random.pick(boundaries);
  const lines = text.split('\n');
  const forms = [
    `--${boundary}`,
    `--${boundary}--`,
    `--${boundary}x`,
    `--${boundary} \t`,
    `-- ${boundary}`,
  ].concat([
    `--${boundary}\r\nContent-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n--${boundary}`,
    `--${boundary}\r\nContent-Type: multipart/mixed; boundary="${boundary}a"\r\n\r\n--${boundary}a`,
    `--${boundary}\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@example.org\r\n`,
  ]);
  const place = random.below(lines.length);
  const copies = random.oneIn(16) ? 1 + random.below(200) : 1;
  lines.splice(place, 0, ...Array.from({ length: copies }, () => `${random.pick(forms)}\r`));
  return bytesOf(lines.join('\n'));
};

const fieldLines = [
  'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b',
  'Content-Type: application/pkcs7-mime; smime-type=enveloped-data',
  'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m',
  'Content-Type: multipart/mixed; boundary=b',
  'Content-Type: message/rfc822',
  'Content-Type: message/global; hp=cipher',
  'Content-Type: text/plain; charset=utf-8; hp="clear"; hp-legacy-display=1',
  'Content-Type: text/html; charset=gb18030',
  "Content-Type: text/plain; charset*0*=us-ascii'en'%e4; charset*1=b; charset*99999=c",
  'Content-Transfer-Encoding: base64',
  'Content-Transfer-Encoding: quoted-printable',
  'Content-Transfer-Encoding: x-uuencode',
  'Content-Transfer-Encoding: binary',
  'From: Alice <alice@example.org>, "b" <b@example.org>',
  'From: team: alice@example.org, c@example.org;',
  'From: =?utf-8?B?YWxpY2VAZXhhbXBsZS5vcmc=?= <eve@example.org>',
  'Subject: =?iso-2022-jp?Q?=1B=24B?=',
  'HP-Outer: Subject: [...]',
  'HP-Outer: From: a@example.org',
  'Content-Disposition: attachment; filename="a"',
];

/** Sets, renames and removes fields of a header. */
const editHeader: Mutator = (input, random) => {
  const lines = textOf(input).split('\n');
  const fields = lines.flatMap((line, index) => (/^[\w-]+:/.test(line) ? [index] : []));
  const at = fields.length > 0 ? random.pick(fields) : 0;
  const line = `${random.pick(fieldLines)}\r`;
  const renamed = `${line.split(':', 1)[0]}:${lines[at]!.slice(lines[at]!.indexOf(':') + 1)}`;
  lines.splice(
    at,
    ...random.pick<[number, string]>([
      [1, line],
      [0, line],
      [1, renamed],
    ]),
  );
  return bytesOf(lines.join('\n'));
};

/** Changes the DER that stands in a base64 body. */
const editBase64: Mutator = (input, random, others) => {
  const text = textOf(input);
  const bodies = [...text.matchAll(/(?:[A-Za-z0-9+/]{40,76}\r?\n){1,2000}[A-Za-z0-9+/=]{0,76}/g)];
  if (bodies.length === 0) return undefined;
  const body = random.pick(bodies);
  const bytes = new Uint8Array(Buffer.from(body[0], 'base64'));
  const changed = random.pick([...derMutators, ...byteMutators])(bytes, random, others);
  if (changed === undefined) return undefined;
  const encoded = Buffer.from(changed).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  return spliced(input, body.index, body.index + body[0].length, bytesOf(encoded));
};

/** Mutators that know how a message is built. */
export const mimeMutators: readonly Mutator[] = [
  ...lineMutators,
  playWithBoundary,
  playWithBoundary,
  editHeader,
  editHeader,
  editBase64,
  editBase64,
  wordMutator([
    '=?',
    '?=',
    '\r\n\r\n',
    '(',
    '"',
    '\\',
    '<',
    '>',
    ';',
    '=\r\n',
    '\0',
    '\x1b$B',
    "*0*=utf-8''%",
  ]),
];
