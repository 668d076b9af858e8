import type { List } from '../lists/list.ts';
import { formatField } from '../mime/compose.ts';
import { decodeEncodedWords } from '../mime/encoded-word.ts';
import { type HeaderField, headerField } from '../mime/header.ts';

/** Puts the tag of a list (`custom_subject`) into Subject fields. */
export interface SubjectTag {
  /** Puts it after the marks of a reply, and takes older tags of this list away. */
  onField(field: HeaderField): HeaderField;
  /** Makes the Subject of a post that has none. */
  alone(): HeaderField;
}

const replyMarks = /^(?:(?:re|aw|sv|antw|fwd?|wg|tr)(?:\[\d{1,4}\])?:\s*)+/i;
const sequenceMark = /\[%\s*list\.sequence\s*%\]/;

/** Makes the tag of one post. */
export function subjectTag(list: List, sequence: number): SubjectTag {
  const fixed = (list.config.custom_subject ?? '').replaceAll(/\[%\s*list\.name\s*%\]/g, list.name);
  const [before = '', after] = fixed.split(sequenceMark, 2) as [string?, string?];
  const tag = `[${after === undefined ? before : `${before}${sequence}${after}`}]`;
  return {
    onField: (field) => {
      // An encoded word can hold what must not stand in a field.
      const text = decodeEncodedWords(field.body).replaceAll(/[\r\n\0]+/g, ' ');
      const marks = replyMarks.exec(text)?.[0] ?? '';
      const rest = withoutTags(text.slice(marks.length), before, after);
      return subjectField(`${marks}${tag} ${rest}`.trimEnd());
    },
    alone: () => subjectField(tag),
  };
}

function subjectField(text: string): HeaderField {
  return headerField(new TextEncoder().encode(formatField('Subject', text)));
}

/** Goes over the text once: a hostile Subject may hold as many tags as a header has room for. */
function withoutTags(text: string, before: string, after: string | undefined): string {
  const pieces: string[] = [];
  let from = 0;
  for (
    let at = text.indexOf(`[${before}`);
    at >= 0;
    at = text.indexOf(`[${before}`, Math.max(from, at + 1))
  ) {
    const end = tagEnd(text, at + 1 + before.length, after);
    if (end === undefined) continue;
    pieces.push(text.slice(from, at));
    from = end;
    while (text[from] === ' ' || text[from] === '\t') from++;
  }
  return (pieces.join('') + text.slice(from)).trimStart();
}

function tagEnd(text: string, at: number, after: string | undefined): number | undefined {
  if (after === undefined) return text[at] === ']' ? at + 1 : undefined;
  const digits = /^\d{1,12}/.exec(text.slice(at, at + 12))?.[0].length ?? 0;
  const end = at + digits + after.length + 1;
  return digits > 0 && text.startsWith(`${after}]`, at + digits) ? end : undefined;
}
