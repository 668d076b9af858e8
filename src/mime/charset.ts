/** Names that are seen in mail and that `TextDecoder` does not know, with a label that it does. */
const aliases: Readonly<Record<string, string>> = {
  ansi_x3_4: 'windows-1252',
  'ansi_x3.4-1986': 'windows-1252',
  'iso646-us': 'windows-1252',
  'iso_646.irv:1991': 'windows-1252',
  ascii8: 'windows-1252',
  'us-ascii-1': 'windows-1252',
  us_ascii: 'windows-1252',
  usascii: 'windows-1252',
  'iso 8859-1': 'windows-1252',
  'iso-8859-1-windows-3.1-latin-1': 'windows-1252',
  'iso-8859-8-e': 'iso-8859-8',
  'windows-1252http-equivcontent-type': 'windows-1252',
  cp936: 'gbk',
  'windows-936': 'gbk',
  cp949: 'euc-kr',
  uhc: 'euc-kr',
  ks_c_5601: 'euc-kr',
  cp950: 'big5',
  'big5-eten': 'big5',
  'windows-31j': 'shift_jis',
  cp932: 'shift_jis',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-3': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  'utf-8-strict': 'utf-8',
  utf8mb4: 'utf-8',
  'unknown-8bit': 'utf-8',
  'x-unknown': 'utf-8',
  'utf-16be-bom': 'utf-16be',
};

type Decoder = InstanceType<typeof TextDecoder>;

const decoders = new Map<string, Decoder | undefined>();
const maxKnownLabels = 300;
const utf8Fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes bytes by the name of a charset and never fails: an unknown name is tried as UTF-8, then read as Windows-1252.
 *
 * @param bytes text in the charset.
 * @param label name as it stands in the message; any case, RFC 2231 language suffix allowed.
 * @returns the text; what cannot be decoded becomes U+FFFD.
 */
export function decodeCharset(bytes: Uint8Array, label: string): string {
  const name = normalLabel(label);
  if (name === 'utf-7' || name === 'unicode-1-1-utf-7') return decodeUtf7(bytes);
  const decoder = findDecoder(name);
  if (decoder === undefined) return decodeUnknown(bytes);
  // What calls itself ASCII or nothing at all and has 8-bit text is UTF-8 more often than not.
  if (isAsciiLabel(name)) return decodeUnknown(bytes);
  return decoder.decode(bytes);
}

/**
 * Decodes bytes of which no charset is known: UTF-8 where they are valid UTF-8, else Windows-1252.
 *
 * @param bytes any bytes.
 */
export function decodeUnknown(bytes: Uint8Array): string {
  return decodeUtf8Strict(bytes) ?? findDecoder('windows-1252')!.decode(bytes);
}

/**
 * Decodes UTF-8 or says that it is not.
 *
 * @param bytes any bytes.
 * @returns the text, or undefined where the bytes are not well-formed UTF-8.
 */
export function decodeUtf8Strict(bytes: Uint8Array): string | undefined {
  try {
    return utf8Fatal.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Tells whether the name of a charset is one that can be decoded.
 *
 * @param label name as it stands in the message.
 */
export function isKnownCharset(label: string): boolean {
  const name = normalLabel(label);
  return name === 'utf-7' || findDecoder(name) !== undefined;
}

/**
 * Encodes text in a charset, where every character of it can be said there.
 *
 * @param text any text.
 * @param label UTF-8 or a charset of one byte a character; multi-byte charsets take ASCII text only.
 * @returns the bytes, or undefined where the charset cannot say the text (or is not known).
 */
export function encodeCharset(text: string, label: string): Uint8Array | undefined {
  const name = normalLabel(label);
  const encoding = findDecoder(name)?.encoding;
  if (encoding === undefined || encoding.startsWith('utf-16')) return undefined;
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (isAscii(text)) return Buffer.from(text, 'latin1');
  if (isAsciiLabel(name) || !isSingleByte(encoding)) return undefined;
  return encodeSingleByte(text, encoding);
}

function encodeSingleByte(text: string, encoding: string): Uint8Array | undefined {
  const table = byteTable(encoding);
  const bytes = Buffer.alloc(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const byte = code < 0x80 ? code : table.get(code);
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}

const byteTables = new Map<string, ReadonlyMap<number, number>>();

/** Code unit → byte for the upper half of a charset of one byte a character. */
function byteTable(encoding: string): ReadonlyMap<number, number> {
  const known = byteTables.get(encoding);
  if (known) return known;
  const upper = new TextDecoder(encoding).decode(Uint8Array.from({ length: 128 }, (_, index) => 128 + index));
  const table = new Map<number, number>();
  for (let index = 0; index < upper.length; index++) {
    const code = upper.charCodeAt(index);
    if (code !== 0xfffd && code >= 0x80) table.set(code, 128 + index);
  }
  byteTables.set(encoding, table);
  return table;
}

function isSingleByte(encoding: string): boolean {
  return /^(iso-8859-|windows-|koi8-|ibm866|macintosh|x-mac-cyrillic)/.test(encoding);
}

/** Tells whether text is ASCII without NUL checks: every code unit below 128. */
export function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

function normalLabel(label: string): string {
  const bare = label.trim().toLowerCase();
  // RFC 2231 §5: a language may follow the charset after an asterisk.
  const star = bare.indexOf('*');
  return star < 0 ? bare : bare.slice(0, star);
}

function isAsciiLabel(name: string): boolean {
  return name === '' || name === 'us-ascii' || name === 'ascii' || aliases[name] === 'utf-8';
}

function findDecoder(name: string): Decoder | undefined {
  if (decoders.has(name)) return decoders.get(name);
  const decoder = makeDecoder(
    Object.hasOwn(aliases, name) ? aliases[name]! : name === '' ? 'us-ascii' : name,
  );
  if (decoders.size < maxKnownLabels) decoders.set(name, decoder);
  return decoder;
}

function makeDecoder(name: string): Decoder | undefined {
  for (const label of [
    name,
    name.replaceAll('_', '-'),
    name.replace(/^x-/, ''),
    name.replace(/^cp-?(125\d)$/, 'windows-$1'),
  ]) {
    try {
      return new TextDecoder(label);
    } catch {
      // An unknown label is tried in its next spelling.
    }
  }
  return undefined;
}

/** RFC 2152: UTF-16 in modified base64 between '+' and '-'. */
function decodeUtf7(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_, run: string) => {
    if (run === '') return '+';
    const units = Buffer.from(run, 'base64');
    return new TextDecoder('utf-16be').decode(units.subarray(0, units.length & ~1));
  });
}
