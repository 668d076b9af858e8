import type { Readable } from 'node:stream';
import { type ListenerReply, listenerReplies } from './reply.ts';

/** The memory that messages may take while they come in; shared by the connections of a listener. */
export class MessageMemory {
  readonly #maxMessageBytes: number;
  #free: number;

  /**
   * @param maxMessageBytes bound of one message
   * @param maxBytes bound of all together
   */
  constructor(maxMessageBytes: number, maxBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#free = maxBytes;
  }

  /**
   * Reads a message to its end; of one that has no room nothing is kept.
   *
   * @param take is given the whole message; its bytes count until it ends
   * @param refuse is given the reply for a message that has no room
   */
  async collect<T>(
    stream: Readable,
    take: (raw: Uint8Array) => Promise<T>,
    refuse: (reply: ListenerReply) => T,
  ): Promise<T> {
    const chunks: Buffer[] = [];
    let size = 0;
    let held = 0;
    let refusal: ListenerReply | undefined;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        size += chunk.length;
        refusal = this.#refusal(size, chunk.length) ?? refusal;
        const kept = refusal ? -held : chunk.length;
        this.#free -= kept;
        held += kept;
        if (refusal) chunks.length = 0;
        else chunks.push(chunk);
      }
      return refusal ? refuse(refusal) : await take(Buffer.concat(chunks));
    } finally {
      this.#free += held;
    }
  }

  #refusal(size: number, more: number): ListenerReply | undefined {
    if (size > this.#maxMessageBytes) return listenerReplies.tooLarge;
    return more > this.#free ? listenerReplies.tooMuchAtOnce : undefined;
  }
}
