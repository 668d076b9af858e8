import { lineEndOf } from './canonicalize.ts';
import { type Entity, entityBytes } from './entity.ts';

/** Puts bytes in the place of stretches of an entity's source. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes an entity with some stretches of it replaced; all other bytes stay.
 *
 * @param entity from `parseEntity`.
 * @param replacements in the order of the source, not overlapping.
 */
export function replaceIn(entity: Entity, replacements: readonly Replacement[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let position = entity.span.start;
  for (const { start, end, bytes } of replacements) {
    pieces.push(entity.source.subarray(position, start), bytes);
    position = end;
  }
  return Buffer.concat([...pieces, entity.source.subarray(position, entity.span.end)]);
}

/**
 * Gives ASCII text that will stand in an entity the line ends of that entity.
 *
 * @param entity from `parseEntity`.
 * @param text lines ended by CRLF.
 */
export function withLineEnd(entity: Entity, text: string): Buffer {
  const lineEnd = lineEndOf(entityBytes(entity));
  return Buffer.from(lineEnd === '\n' ? text.replaceAll('\r\n', '\n') : text, 'latin1');
}
