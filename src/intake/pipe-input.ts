import { parseAddress } from '../mime/address.ts';

const lineFeed = 0x0a;
/** Bytes in which the lines at the top of a message must end to be looked at. */
const maxTopBytes = 8_192;

/** A message from an MTA's pipe. */
export interface PipeInput {
  /** The address of a Return-Path line at the top: empty for the null sender, `undefined` where there is no such line. */
  readonly returnPath: string | undefined;
  /** The message without the line of an mbox. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Reads as much of a pipe as it takes to see its top. A leading mbox "From " line goes. */
export async function readPipeInput(stdin: AsyncIterable<Uint8Array>): Promise<PipeInput> {
  const rest = stdin[Symbol.asyncIterator]();
  const top = withoutMboxLine(await readTop(rest));
  return { returnPath: returnPathOf(firstLine(top)), pieces: join(top, rest) };
}

async function readTop(rest: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let top: Buffer = Buffer.alloc(0);
  while (top.length < maxTopBytes && !hasTwoLines(top)) {
    const { value, done } = await rest.next();
    if (done) break;
    top = Buffer.concat([top, value]);
  }
  return top;
}

function hasTwoLines(top: Buffer): boolean {
  const first = top.indexOf(lineFeed);
  return first >= 0 && top.includes(lineFeed, first + 1);
}

function withoutMboxLine(top: Buffer): Buffer {
  const end = top.indexOf(lineFeed);
  // RFC 4155; a field whose colon stands behind blanks (RFC 5322 §4.5) is no such line.
  const isMboxLine = end >= 0 && end < maxTopBytes && /^From +[^ :]/.test(firstLine(top));
  return isMboxLine ? top.subarray(end + 1) : top;
}

function firstLine(top: Buffer): string {
  const end = top.subarray(0, maxTopBytes).indexOf(lineFeed);
  return end < 0 ? '' : top.toString('utf8', 0, end).trimEnd();
}

/** RFC 5321 §4.4: `Return-Path: <address>`, or `<>`. */
function returnPathOf(line: string): string | undefined {
  if (line.slice(0, 12).toLowerCase() !== 'return-path:') return undefined;
  const text = line.slice(12).trim();
  const inner = text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text;
  return inner === '' ? '' : parseAddress(inner);
}

async function* join(top: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (top.length > 0) yield top;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}
