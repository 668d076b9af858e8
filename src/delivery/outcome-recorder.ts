import type { DeliveryOutcome } from '../store/deliveries.ts';
import type { Store } from '../store/store.ts';

/** A peer's refusal of a mailbox: of which post, and with what status. */
export interface PostRefusal {
  readonly list: string;
  /** The stored message of the post. */
  readonly postId: string;
  readonly status: string;
  readonly receivedAt: number;
}

/** An outcome that may count as a bounce of the recipient. */
export type RecordedOutcome = DeliveryOutcome & { readonly refusal?: PostRefusal };

interface Waiting {
  readonly outcomes: readonly RecordedOutcome[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes outcomes of many connections down together: while one commit is under way, those that arrive are gathered for
 * the next. Each caller still waits until its own outcomes are on the disk.
 */
export class OutcomeRecorder {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves when the outcomes are durable. */
  record(outcomes: readonly RecordedOutcome[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ outcomes, resolve, reject });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    // Replies that came with the same turn of the event loop belong to the same commit.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(group.flatMap((one) => one.outcomes));
        for (const one of group) one.resolve();
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
    this.#writing = false;
  }

  async #write(recorded: readonly RecordedOutcome[]): Promise<void> {
    const outcomes = recorded.map(({ refusal: _, ...outcome }) => outcome);
    const refused = recorded.filter(({ refusal }) => refusal);
    if (refused.length === 0) return this.#store.deliveries.record(outcomes);
    await this.#store.transaction(async (tx) => {
      await tx.deliveries.record(outcomes);
      for (const { address, refusal } of refused)
        await tx.bounces.count({ ...refusal!, address, messageId: '' });
    });
  }
}
