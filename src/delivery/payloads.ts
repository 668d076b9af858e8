import type { Distribution } from '../store/distributions.ts';
import { type CopySource, plainCopies, SealedCopies } from './copy-source.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { parsePolicy } from './distribution-policy.ts';
import { DeliveryError } from './error.ts';

/** Distributions whose opened content, or sealed form, is kept in memory at once. */
const maxKept = 4;

/**
 * Opens stored posts for sealing and keeps the few that are on their way out, so that the content of a distribution is
 * opened and encrypted once however many packets it has. Only memory holds what it opened.
 */
export class Payloads {
  readonly #parts: DeliveryParts;
  readonly #kept = new Map<string, Promise<CopySource>>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /**
   * Gives what makes the copies of a distribution.
   *
   * @throws DeliveryError `key-unavailable`, `no-longer-readable`, `list-gone`
   */
  async copiesOf(distribution: Distribution): Promise<CopySource> {
    const kept = this.#kept.get(distribution.id);
    if (kept) return kept;
    const source = this.#make(distribution);
    this.#kept.set(distribution.id, source);
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value!);
    try {
      return await source;
    } catch (error) {
      this.#kept.delete(distribution.id);
      throw error;
    }
  }

  /** Forgets a distribution that is done with. */
  forget(distributionId: string): void {
    this.#kept.delete(distributionId);
  }

  async #make(distribution: Distribution): Promise<CopySource> {
    const { seal } = parsePolicy(distribution.policy);
    if (!seal) return plainCopies(distribution);
    const { store, lists, opener } = this.#parts;
    const list = await lists.find(distribution.list);
    if (!list) throw new DeliveryError('list-gone', `the list ${distribution.list} is no longer there`);
    const message = await store.messages.get(distribution.messageId);
    const { opened } = await opener.open(message.raw, list);
    if (opened.decryption.status === 'key-unavailable')
      throw new DeliveryError(
        'key-unavailable',
        `no key of ${list.address} that this post names can be loaded`,
      );
    if (!opened.payload)
      throw new DeliveryError(
        'no-longer-readable',
        `message ${message.id} does not open with the keys of ${list.address}`,
      );
    return new SealedCopies(distribution.head, opened.payload, seal);
  }
}
