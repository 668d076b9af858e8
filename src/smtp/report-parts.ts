import { decodeUnknown } from '../mime/charset.ts';
import { bodyBytes, type Entity, parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import type { Header } from '../mime/header.ts';
import { decodeTransferEncoding } from '../mime/transfer-encoding.ts';

/** Bytes of a part that are read; a report about one message needs a fraction of it. */
const maxPartBytes = 256 * 1024;

/** Groups of fields that are read: one for each recipient. */
const maxGroups = 500;

/** Characters of a field that are read. */
const maxValueLength = 1_000;

/** Types of the part that gives the message back, or its header alone. RFC 6522 §3, RFC 6533 §4. */
const returnedTypes: ReadonlySet<string> = new Set([
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global-headers',
]);

/** Fields by lower-case name; of several of a name the first. */
export type ReportFields = ReadonlyMap<string, string>;

/**
 * Reads the groups of fields of a report, with empty lines between. RFC 3464 §2.1, RFC 5965 §3.
 *
 * @param part the machine-readable part; what is beyond the limits is left out
 */
export function fieldGroups(part: Entity): readonly ReportFields[] {
  const groups: Map<string, string>[] = [];
  let group: Map<string, string> | undefined;
  for (const line of unfolded(textOf(part))) {
    const field = /^([\x21-\x39\x3b-\x7e]{1,100})[ \t]*:(.*)$/.exec(line);
    if (field) {
      if (!group) {
        if (groups.length === maxGroups) return groups;
        group = new Map();
        groups.push(group);
      }
      const name = field[1]!.toLowerCase();
      if (!group.has(name)) group.set(name, field[2]!.trim().slice(0, maxValueLength));
    } else if (line.trim() === '') group = undefined;
  }
  return groups;
}

/**
 * Reads the header of the message that a report gives back.
 *
 * @param report a multipart/report
 * @returns `undefined` where none comes with it, or one that breaks the limits of `mime/`
 */
export function returnedHeader(report: Entity): Header | undefined {
  const part = report.children.slice(1).find(({ contentType }) => returnedTypes.has(contentType.type));
  if (!part) return undefined;
  const [message] = part.children;
  if (message) return message.header;
  try {
    // A header without the empty line behind it is one all the same.
    return parseEntity(Buffer.concat([contentOf(part), Buffer.from('\r\n\r\n')])).header;
  } catch (error) {
    if (error instanceof MimeError) return undefined;
    throw error;
  }
}

/** Gives the text of a part, as far as it is read. */
export function textOf(part: Entity): string {
  return decodeUnknown(contentOf(part));
}

function contentOf(part: Entity): Uint8Array {
  const bytes = bodyBytes(part).subarray(0, maxPartBytes);
  return decodeTransferEncoding(bytes, part.contentTransferEncoding).subarray(0, maxPartBytes);
}

/** Gives the lines of a text; one that begins with a blank goes on with the line before. RFC 5322 §2.2.3. */
function unfolded(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const isMore = /^[ \t]+\S/.test(line) && lines.length > 0 && lines.at(-1)!.trim() !== '';
    if (!isMore) lines.push(line);
    else if (lines.at(-1)!.length < maxValueLength) lines[lines.length - 1] += ` ${line.trim()}`;
  }
  return lines;
}
