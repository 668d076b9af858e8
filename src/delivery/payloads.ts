import type { List } from '../lists/list.ts';
import { parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import type { OpenedContent } from '../smime/opened.ts';
import type { Distribution } from '../store/distributions.ts';
import { ownSigning } from '../trust/own-signer.ts';
import { type CopySource, plainCopies, SealedCopies } from './copy-source.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { parsePolicy } from './distribution-policy.ts';
import { DeliveryError } from './error.ts';
import { wrappedPost } from './own-mail.ts';
import { signPayload } from './seal-own-mail.ts';

/** Distributions that nobody works on now and whose opened content is kept for their next packet. */
const maxIdle = 4;
/** The next packet of a distribution comes within moments, or much later. */
const idleMs = 5_000;

interface Kept {
  readonly source: Promise<CopySource>;
  users: number;
  timer?: NodeJS.Timeout;
}

/**
 * Opens stored posts for sealing and keeps those that are on their way out, so that the content of a distribution is
 * opened and encrypted once however many packets it has. Only memory holds what it opened, and lets go of it soon after
 * the last packet, however that ended.
 */
export class Payloads {
  readonly #parts: Pick<DeliveryParts, 'store' | 'lists' | 'opener' | 'keyring' | 'clock'>;
  readonly #kept = new Map<string, Kept>();

  constructor(parts: Pick<DeliveryParts, 'store' | 'lists' | 'opener' | 'keyring' | 'clock'>) {
    this.#parts = parts;
  }

  /** How many distributions are held in memory. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Lends what makes the copies of a distribution.
   *
   * @throws DeliveryError `key-unavailable`, `no-longer-readable`, `list-gone`
   */
  async use<T>(distribution: Distribution, work: (source: CopySource) => Promise<T>): Promise<T> {
    const { id } = distribution;
    const kept = this.#kept.get(id) ?? { source: this.#make(distribution), users: 0 };
    clearTimeout(kept.timer);
    kept.users++;
    this.#kept.set(id, kept);
    try {
      return await work(await kept.source);
    } catch (error) {
      this.#drop(id, kept);
      throw error;
    } finally {
      kept.users--;
      if (kept.users === 0 && this.#kept.get(id) === kept) this.#idle(id, kept);
    }
  }

  /** Forgets a distribution that is done with. */
  forget(distributionId: string): void {
    const kept = this.#kept.get(distributionId);
    if (kept) this.#drop(distributionId, kept);
  }

  #drop(id: string, kept: Kept): void {
    clearTimeout(kept.timer);
    if (this.#kept.get(id) === kept) this.#kept.delete(id);
  }

  #idle(id: string, kept: Kept): void {
    kept.timer = setTimeout(() => this.#drop(id, kept), idleMs).unref();
    const idle = [...this.#kept].filter(([, one]) => one.users === 0);
    for (const [oldId, old] of idle.slice(0, Math.max(0, idle.length - maxIdle))) this.#drop(oldId, old);
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
    const payload =
      distribution.form === 'wrapped'
        ? await this.#wrap(distribution.content ?? new Uint8Array(), message.raw, opened.payload, list)
        : opened.payload;
    return new SealedCopies(distribution.head, payload, seal);
  }

  /** Signed by the list where our own part speaks in its name: whether it can was looked at when that was written. */
  async #wrap(own: Uint8Array, post: Uint8Array, payload: OpenedContent, list: List): Promise<OpenedContent> {
    const from = findField(parseEntity(own).header, 'from')?.body.trim();
    const signing = await ownSigning(list, this.#parts);
    const signer = signing.status === 'signs' && from === list.address ? signing.signer : undefined;
    const atMs = this.#parts.clock.now();
    return wrappedPost(own, post, payload, (entity) => signPayload(entity, { signer, atMs }));
  }
}
