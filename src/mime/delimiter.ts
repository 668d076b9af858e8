import { octet } from './bytes.ts';

/** A line that ends the parts of an open multipart. RFC 2046 §5.1.1. */
export interface Delimiter {
  /** Where its two dashes begin. */
  readonly start: number;
  /** Behind its line end. */
  readonly end: number;
  /** Of the multipart that it belongs to. */
  readonly level: number;
  readonly closing: boolean;
}

/** One pass over a message in search of the boundaries of the multiparts that are open. */
export interface Scan {
  readonly source: Buffer;
  /** Octet that ends a line: LF, or CR in a message that has no LF. */
  readonly lineEnd: number;
  /** What follows the two dashes → level of the outermost multipart that has it. */
  readonly boundaries: Map<string, number>;
  level: number;
  /** The delimiter that was found last and not yet passed. */
  pending: Delimiter | undefined;
}

// RFC 2046 §5.1.1 allows 70; real ones are longer, and a line need not be looked at further than this.
const maxBoundaryLine = 1024;

/**
 * Begins a scan.
 *
 * @param source the whole message.
 */
export function startScan(source: Buffer): Scan {
  const lineEnd = source.includes(octet.lf) ? octet.lf : octet.cr;
  return { source, lineEnd, boundaries: new Map(), level: 0, pending: undefined };
}

/**
 * Opens a multipart; its boundary is looked for until it is left. Where an outer one has the same boundary, the outer one counts.
 *
 * @param scan the pass.
 * @param boundary parameter value.
 * @returns the level to leave by.
 */
export function enterMultipart(scan: Scan, boundary: string): number {
  const level = ++scan.level;
  for (const key of boundaryKeys(boundary)) if (!scan.boundaries.has(key)) scan.boundaries.set(key, level);
  return level;
}

/**
 * Closes a multipart.
 *
 * @param scan the pass.
 * @param level from `enterMultipart`; the innermost open one.
 */
export function leaveMultipart(scan: Scan, level: number): void {
  for (const [key, owner] of scan.boundaries) if (owner === level) scan.boundaries.delete(key);
  scan.level = level - 1;
}

/** The octets of a boundary as Latin-1; one that is not ASCII may stand there as UTF-8 or in one octet a character. */
function boundaryKeys(boundary: string): readonly string[] {
  return [
    Buffer.from(boundary, 'utf8').toString('latin1'),
    Buffer.from(boundary, 'latin1').toString('latin1'),
  ];
}

/**
 * Finds the next line that is a boundary of an open multipart.
 *
 * @param scan the pass.
 * @param from position; only lines that begin at it or later count.
 */
export function nextDelimiter(scan: Scan, from: number): Delimiter | undefined {
  if (scan.pending !== undefined && scan.pending.start >= from) return scan.pending;
  if (scan.boundaries.size === 0) return undefined;
  const needle = scan.lineEnd === octet.lf ? '\n--' : '\r--';
  let line = delimiterAt(scan, from);
  let position = Math.max(from, 1) - 1;
  while (line === undefined) {
    position = scan.source.indexOf(needle, position, 'latin1');
    if (position < 0) return undefined;
    line = delimiterAt(scan, ++position);
  }
  scan.pending = line;
  return line;
}

/**
 * Reads the line at a position as a boundary of an open multipart.
 *
 * @param scan the pass.
 * @param start where a line may begin.
 */
export function delimiterAt(scan: Scan, start: number): Delimiter | undefined {
  const { source, boundaries } = scan;
  if (boundaries.size === 0 || source[start] !== octet.dash || source[start + 1] !== octet.dash)
    return undefined;
  if (start > 0 && source[start - 1] !== scan.lineEnd) return undefined;
  const limit = Math.min(source.length, start + maxBoundaryLine);
  let lineEnd = start + 2;
  while (lineEnd < limit && source[lineEnd] !== scan.lineEnd) lineEnd++;
  if (lineEnd === limit && limit < source.length) return undefined;
  // RFC 2046 §5.1.1: blanks after the boundary are padding added in transport.
  const text = source.toString('latin1', start + 2, lineEnd).trimEnd();
  const open = boundaries.get(text);
  const closed = text.endsWith('--') ? boundaries.get(text.slice(0, -2)) : undefined;
  const level = Math.min(open ?? Infinity, closed ?? Infinity);
  if (level === Infinity) return undefined;
  return { start, end: Math.min(lineEnd + 1, source.length), level, closing: level !== open };
}
