import type { Log } from '../log.ts';
import type { CountedBounce } from '../store/bounces.ts';
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
  readonly #log: Log;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
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

  /** What a peer said is never lost to a count: the outcomes stand before anything is counted. */
  async #write(recorded: readonly RecordedOutcome[]): Promise<void> {
    await this.#store.deliveries.record(recorded.map(({ refusal: _, ...outcome }) => outcome));
    const bounces = recorded.flatMap(({ address, refusal }) =>
      refusal ? [{ ...refusal, address, messageId: '' }] : [],
    );
    if (bounces.length > 0) await this.#count(bounces);
  }

  /** Counts once more where another transaction was in the way; a post counts once in any case. */
  async #count(bounces: readonly CountedBounce[], isLast = false): Promise<void> {
    try {
      await this.#store.transaction((tx) => tx.bounces.countAll(bounces));
    } catch (error) {
      if (!isLast) return this.#count(bounces, true);
      const { name, code } = error as NodeJS.ErrnoException;
      this.#log.warn('refused copies not counted', { count: bounces.length, error: name, code });
    }
  }
}
