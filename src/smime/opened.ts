/**
 * Plaintext out of a decryption, or what stands for it: bytes that live in memory only.
 *
 * The bytes are a private field: nothing that copies, prints, compares or serialises objects reaches them. Whoever
 * needs them says so by {@link OpenedContent.use}.
 */
export class OpenedContent {
  readonly #bytes: Uint8Array;

  /** @param bytes kept, not copied */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#bytes.length;
  }

  /**
   * Lends the bytes to a reader or a sealer.
   *
   * @param reader must not keep what it is given
   * @returns what the reader gives
   */
  use<T>(reader: (bytes: Uint8Array) => T): T {
    return reader(this.#bytes);
  }

  /** Refuses: opened content is never serialised. */
  toJSON(): never {
    throw new Error('opened content is never serialised');
  }

  toString(): string {
    return `[opened content, ${this.size} bytes]`;
  }

  /** What `util.inspect`, and so every log and test report, prints. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
