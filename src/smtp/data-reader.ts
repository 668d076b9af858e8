import { asBuffer } from '../mime/bytes.ts';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const dot = 0x2e;

/** What a piece of the data gave. */
export interface DataPiece {
  /** Bytes of the message, without the dots that were doubled on the way. */
  readonly bytes: Buffer;
  /** Number of bytes that belong to the data when it ended in this piece. */
  readonly end: number | undefined;
}

/** Where the next byte stands; a dot and the CR behind it are held back. */
const places = { text: 0, afterCr: 1, lineStart: 2, afterDot: 3, afterDotCr: 4 } as const;
type Place = (typeof places)[keyof typeof places];

/**
 * Reads what stands between DATA and its end, in pieces of any size. RFC 5321 §4.1.1.4: CRLF, a dot, CRLF ends it and
 * nothing else does; §4.5.2: of two dots at the start of a line the first goes. Only CRLF starts a line.
 */
export class DataReader {
  #place: Place = places.lineStart;

  /** Takes the next piece. Behind the end nothing is read. */
  push(piece: Uint8Array): DataPiece {
    // What was held back may come out on top of the piece.
    const out = Buffer.allocUnsafe(piece.length + 2);
    const bytes = asBuffer(piece);
    let to = 0;
    let place = this.#place;
    for (let i = 0; i < bytes.length; i++) {
      if (place === places.text) {
        const cr = bytes.indexOf(carriageReturn, i);
        const end = cr < 0 ? bytes.length : cr;
        to += bytes.copy(out, to, i, end);
        if (cr < 0) break;
        i = cr;
      }
      const byte = bytes[i]!;
      if (place === places.afterDotCr && byte === lineFeed) return { bytes: out.subarray(0, to), end: i + 1 };
      const held = nextHeld(place, byte);
      if (held !== undefined) {
        place = held;
        continue;
      }
      if (place === places.afterDotCr || (place === places.afterDot && byte !== dot)) out[to++] = dot;
      if (place === places.afterDotCr) out[to++] = carriageReturn;
      out[to++] = byte;
      place = nextPlace(place, byte);
    }
    this.#place = place;
    return { bytes: out.subarray(0, to), end: undefined };
  }
}

/** Where it goes on when the byte may belong to the end of the data and is held back. */
function nextHeld(place: Place, byte: number): Place | undefined {
  if (place === places.lineStart && byte === dot) return places.afterDot;
  return place === places.afterDot && byte === carriageReturn ? places.afterDotCr : undefined;
}

function nextPlace(place: Place, byte: number): Place {
  if (byte === carriageReturn) return places.afterCr;
  const afterCr = place === places.afterCr || place === places.afterDotCr;
  return byte === lineFeed && afterCr ? places.lineStart : places.text;
}
