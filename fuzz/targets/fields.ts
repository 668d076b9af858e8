import { canonicalAddress, parseAddress, parseAddressList } from '../../src/mime/address.ts';
import { formatAddressList, formatField, formatParameter } from '../../src/mime/compose.ts';
import { parseContentDisposition, parseContentType } from '../../src/mime/content-type.ts';
import { formatDate, parseDate } from '../../src/mime/date.ts';
import { decodeEncodedWords, encodeWords } from '../../src/mime/encoded-word.ts';
import { MimeError } from '../../src/mime/error.ts';
import { headerField } from '../../src/mime/header.ts';
import {
  decodeTransferEncoding,
  encodeBase64Lines,
  encodeQuotedPrintable,
} from '../../src/mime/transfer-encoding.ts';
import { sameBytes } from '../../src/pki/der.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { bytesOf, textOf } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators } from '../text-mutators.ts';

const maxInputBytes = 16_384;

/** The parser of address fields and of single addresses. */
export const addressTarget: FuzzTarget = {
  name: 'address',
  errors: [MimeError],
  maxInputBytes,
  mutators: [
    ...byteMutators,
    ...lineMutators,
    wordMutator([
      '<',
      '>',
      '@',
      ',',
      ';',
      ':',
      '"',
      '\\"',
      '(',
      ')',
      '=?utf-8?q?=2C?=',
      'xn--',
      'é',
      '.',
      '[1.2.3.4]',
    ]),
  ],
  seeds: () =>
    [
      'alice@example.org',
      'Alice A. <alice@example.org>, "B, C" <b@example.org>',
      'team: a@example.org, "x y"@example.org;, (comment (nested)) c@[192.0.2.1]',
      '=?utf-8?B?w6k=?= =?utf-8?Q?a?= <é@exämple.org>',
      '<@route.example:user@example.org>, undisclosed-recipients:;',
    ].map(bytesOf),
  run: (input) => {
    const text = textOf(input);
    const { items } = parseAddressList(text);
    const mailboxes = items.flatMap((item) => ('address' in item ? [item] : item.mailboxes));
    const isClean = mailboxes.every(({ address }) => parseAddress(address) === address);
    if (isClean && mailboxes.length > 0) {
      const again = parseAddressList(formatAddressList(items)).items.flatMap((item) =>
        'address' in item ? [item] : item.mailboxes,
      );
      const addressesOf = (list: typeof mailboxes) => list.map(({ address }) => address).join(' ');
      demand(addressesOf(again) === addressesOf(mailboxes), 'addresses written and read again are the same');
    }
    const address = parseAddress(text);
    if (address === undefined) return;
    const canonical = canonicalAddress(address);
    demand(canonicalAddress(canonical) === canonical, 'the canonical form of an address is its own');
  },
};

/** The parser of dates. */
export const dateTarget: FuzzTarget = {
  name: 'date',
  errors: [MimeError],
  maxInputBytes: 4_096,
  mutators: [
    ...byteMutators,
    ...lineMutators,
    wordMutator(['Feb', '2026', '29', ':', '+', '-9999', '(', 'GMT', ',']),
  ],
  seeds: () =>
    [
      'Tue, 24 Nov 2026 12:00:00 +0100',
      '24 Nov 26 12:00 EST (comment)',
      'Tue Nov  4 12:00:00 2003',
      'from a by b; 12-Nov-2003 1:2:3 -0830',
      '2003-11-12 01:02:03',
    ].map(bytesOf),
  run: (input) => {
    const ms = parseDate(textOf(input));
    if (ms === undefined) return;
    demand(Number.isSafeInteger(ms), 'a date is a whole number of milliseconds');
    const again = parseDate(formatDate(ms));
    demand(again === Math.floor(ms / 1000) * 1000, 'a date written and read again is the same');
  },
};

/** The parsers of Content-Type and Content-Disposition, encoded words, transfer encodings and single fields. */
export const parameterTarget: FuzzTarget = {
  name: 'parameter',
  errors: [MimeError],
  maxInputBytes,
  mutators: [
    ...byteMutators,
    ...lineMutators,
    wordMutator([
      ';',
      '=',
      '"',
      '*0*=',
      "*=utf-8'en'%41",
      '*1=',
      '=?utf-8?b?',
      '?=',
      '=\r\n',
      '%',
      '\\',
      '(',
      'charset=',
    ]),
  ],
  seeds: () =>
    [
      'text/plain; charset="utf-8"; format=flowed',
      "multipart/mixed; boundary*0*=utf-8'en'%61; boundary*1=b; boundary*2*=%63",
      'attachment; filename="a \\" b.txt" (comment); size=1',
      '=?iso-8859-1?Q?=E4=20b?= =?utf-8?B?w6Q=?= tail',
      'X-Field: a folded\r\n body =?utf-8?q?x?=\r\n',
      'a=3D=\r\n b\t=20\r\nc=',
      'TWFu\r\nTWE=\r\n',
      'begin 644 a\r\n#86)C\r\n`\r\nend\r\n',
    ].map(bytesOf),
  run: (input) => {
    const text = textOf(input);
    headerField(input);
    for (const parsed of [parseContentType(text), parseContentDisposition(text)])
      demandParametersAgain(parsed);
    const decoded = decodeEncodedWords(text);
    // A byte order mark in front is no part of the text.
    const line = decoded.replaceAll(/[\r\n\0]|^\uFEFF+/g, ' ').toWellFormed();
    demand(decodeEncodedWords(encodeWords(line)) === line, 'encoded words decode to what they were');
    formatField('X-Field', line);
    for (const encoding of ['base64', 'quoted-printable', 'x-uuencode', '7bit'])
      decodeTransferEncoding(input, encoding, 1_000_000);
    demand(
      sameBytes(decodeTransferEncoding(encodeBase64Lines(input), 'base64'), input),
      'base64 decodes again',
    );
    const quoted = decodeTransferEncoding(encodeQuotedPrintable(input), 'quoted-printable');
    // Text is written in lines, so that a line end alone may come back as CRLF.
    demand(sameBytes(lfOnly(quoted), lfOnly(input)), 'quoted-printable decodes again');
  },
};

function lfOnly(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte) => byte !== 0x0d);
}

function demandParametersAgain({ parameters }: { readonly parameters: ReadonlyMap<string, string> }): void {
  for (const [name, value] of parameters) {
    if (!/^[\w.-]+$/.test(name) || /[\r\n\0]|^\uFEFF/.test(value)) continue;
    const again = parseContentType(`text/plain; ${formatParameter(name, value.toWellFormed())}`);
    demand(
      again.parameters.get(name) === value.toWellFormed(),
      'a parameter written and read again is the same',
    );
  }
}
