import { parseContentDisposition } from '../mime/content-type.ts';
import { decodedText, type Entity, parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import { wrappedMessage } from './header-protection.ts';

/** The main text of a message: what a person, or a reader of commands, takes for its words. */
export interface MainText {
  readonly subtype: 'plain' | 'html';
  /** Without the decorative copy of header fields that old clients are shown. */
  readonly text: string;
  /** How its lines are broken. RFC 3676 §4. */
  readonly format: 'fixed' | 'flowed';
}

/**
 * Finds the main text of the innermost entity, and takes the Legacy Display Element off it: whoever acts on the body must
 * not read the copied Subject as its first line. RFC 9788 §4.8.2.
 *
 * @param payload bytes of the innermost entity
 * @param decrypted whether an envelope was opened; without one a message has no such element
 * @returns the first text/plain, else the first text/html of the main body; undefined without any
 * @throws MimeError where a limit is broken
 */
export function readMainText(payload: Uint8Array, decrypted: boolean): MainText | undefined {
  const root = parseEntity(payload);
  const parts = mainBodyParts(wrappedMessage(root) ?? root);
  const part = parts.find((one) => one.contentType.type === 'text/plain') ?? parts[0];
  if (part === undefined) return undefined;
  const subtype = part.contentType.type === 'text/html' ? 'html' : 'plain';
  const text = decodedText(part);
  const decorated = decrypted && part.contentType.parameters.get('hp-legacy-display') === '1';
  const format = part.contentType.parameters.get('format')?.toLowerCase() === 'flowed' ? 'flowed' : 'fixed';
  if (!decorated) return { subtype, text, format };
  return { subtype, text: subtype === 'html' ? stripLegacyHtml(text) : stripLegacyText(text), format };
}

/**
 * Gives the text parts that are the main body: each alternative of them, never an attachment. RFC 9787 §7.1.
 *
 * @param entity where to look, from `parseEntity`
 */
export function mainBodyParts(entity: Entity): readonly Entity[] {
  const { type } = entity.contentType;
  if (isAttachment(entity)) return [];
  if (type === 'text/plain' || type === 'text/html') return [entity];
  if (type === 'multipart/alternative') return entity.children.flatMap(mainBodyParts);
  if (!type.startsWith('multipart/')) return [];
  const first = entity.children.find((child) => !isLegacyDisplayPart(child));
  return first ? mainBodyParts(first) : [];
}

function isAttachment(entity: Entity): boolean {
  const field = findField(entity.header, 'Content-Disposition');
  return field !== undefined && parseContentDisposition(field.body).disposition === 'attachment';
}

/** The scheme before RFC 9788 put the copy into a part of its own. */
function isLegacyDisplayPart({ contentType: { type, parameters } }: Entity): boolean {
  return (
    (type === 'text/plain' || type === 'text/rfc822-headers') &&
    parameters.get('protected-headers')?.toLowerCase() === 'v1'
  );
}

/** RFC 9788 §4.5.3.2: the leading lines up to and with the first blank one. */
function stripLegacyText(text: string): string {
  const lines = text.split('\n');
  const blank = lines.findIndex((line) => line === '' || line === '\r');
  return lines.slice(blank + 1).join('\n');
}

const legacyDiv = /<div\s[^<>]{0,200}\bheader-protection-legacy-display\b[^<>]{0,200}>/i;

/** RFC 9788 §4.5.3.3: the whole element, with what is nested in it. */
function stripLegacyHtml(html: string): string {
  const start = html.search(legacyDiv);
  if (start < 0) return html;
  const tags = /<(\/?)div\b/gi;
  tags.lastIndex = start;
  let depth = 0;
  for (let tag = tags.exec(html); tag !== null; tag = tags.exec(html)) {
    depth += tag[1] === '' ? 1 : -1;
    if (depth > 0) continue;
    const end = html.indexOf('>', tag.index);
    return end < 0 ? html.slice(0, start) : html.slice(0, start) + html.slice(end + 1);
  }
  return html.slice(0, start);
}
