const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const dot = 0x2e;

/**
 * Turns a message that comes in pieces into what stands on the wire after DATA: bare line feeds become CRLF, a dot at
 * the start of a line is doubled (RFC 5321 §4.5.2). A bare CR stays, it is no line end on a local pipe.
 */
export class WireEncoder {
  /** The byte before the next one; at the start it is as after a line end. */
  #last = lineFeed;
  #size = 0;

  /** Bytes that came out so far, doubled dots and the final dot left out, as SIZE counts them (RFC 1870 §5). */
  get size(): number {
    return this.#size;
  }

  /** Encodes the next piece. */
  encode(piece: Uint8Array): Uint8Array {
    // Each byte gives two at most: no dot is doubled that is also a line feed.
    const out = Buffer.allocUnsafe(piece.length * 2);
    let to = 0;
    let doubled = 0;
    let last = this.#last;
    for (const byte of piece) {
      if (byte === lineFeed && last !== carriageReturn) out[to++] = carriageReturn;
      if (byte === dot && last === lineFeed) {
        out[to++] = dot;
        doubled++;
      }
      out[to++] = byte;
      last = byte;
    }
    this.#last = last;
    this.#size += to - doubled;
    return out.subarray(0, to);
  }

  /** Gives what ends the message: a line end where the last line has none, and the final dot. */
  end(): string {
    return this.#last === lineFeed ? '.\r\n' : '\r\n.\r\n';
  }
}
