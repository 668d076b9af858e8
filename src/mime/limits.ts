/** What a message may cost the parser; each limit has a typed error of its own. */
export interface MimeLimits {
  /** Bytes of the whole message. */
  readonly maxMessageBytes: number;
  /** Bytes of one entity's header block. */
  readonly maxHeaderBytes: number;
  /** Fields in one entity's header. */
  readonly maxHeaderFields: number;
  /** Levels of nesting; the message itself is level 1. */
  readonly maxDepth: number;
  /** Entities in the message, at all levels together. */
  readonly maxParts: number;
  /** Parameters in one field, RFC 2231 segments counted singly. */
  readonly maxParameters: number;
  /** Bytes that the decoding of one body may give. */
  readonly maxDecodedBytes: number;
  /** Mailboxes in one address field. */
  readonly maxAddresses: number;
}

const mebibyte = 1024 * 1024;

/** The limits that hold where a caller gives none. */
export const defaultMimeLimits: MimeLimits = {
  maxMessageBytes: 160 * mebibyte,
  maxHeaderBytes: mebibyte,
  maxHeaderFields: 4000,
  maxDepth: 100,
  maxParts: 5000,
  maxParameters: 500,
  maxDecodedBytes: 160 * mebibyte,
  maxAddresses: 20_000,
};
