import type { Clock } from '../clock.ts';
import type { Site } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import type { Lists } from '../lists/lists.ts';
import { type Recipient, resolveRecipient } from '../lists/recipients.ts';
import type { Log } from '../log.ts';
import { canonicalAddress } from '../mime/address.ts';
import { newId, sha256Hex } from '../secrets.ts';
import type { AnnouncedMail, IncomingEnvelope, MailHandler } from '../smtp/listener.ts';
import { type ListenerReply, listenerReplies } from '../smtp/reply.ts';
import type { MessageKind, NewMessage } from '../store/messages.ts';
import type { Repositories, Store } from '../store/store.ts';
import { countHops } from './hops.ts';

/** RFC 5321 §6.3: at least a hundred hops are no loop yet. */
const maxHops = 100;

/** What the intake works with. */
export interface IntakeParts {
  /** Gives the site as it is configured now. */
  readonly site: () => Site;
  readonly lists: () => Lists;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Called between commit and reply; tests die there. */
  readonly afterCommit?: () => Promise<void>;
}

/** One recipient that a message is stored for. */
interface Taker {
  readonly address: string;
  readonly kind: MessageKind;
  readonly list: List | undefined;
}

type Resolved =
  | { readonly status: 'taken'; readonly taker: Taker }
  | { readonly status: 'refused'; readonly reply: ListenerReply };

/** A message with what its recipients have in common. */
interface Incoming {
  readonly envelopeSender: string;
  readonly raw: Uint8Array;
  readonly sha256: string;
  readonly hops: number;
}

/** Takes mail over: "250" only after the raw message, its receipt and its job are committed. */
export class IntakeService implements MailHandler {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  async recipient(address: string, { announcedBytes = 0 }: AnnouncedMail): Promise<ListenerReply> {
    const resolved = await this.#resolve(address);
    if (resolved.status === 'refused') return resolved.reply;
    const tooLarge = announcedBytes > maxSizeOf(resolved.taker, this.#parts.site());
    return tooLarge ? listenerReplies.tooLargeForList : listenerReplies.recipientFine;
  }

  async messageForEach(envelope: IncomingEnvelope, raw: Uint8Array): Promise<readonly ListenerReply[]> {
    const message = incoming(envelope, raw);
    const replies: ListenerReply[] = [];
    for (const address of envelope.recipients) replies.push(await this.#takeSafely(message, [address]));
    return replies;
  }

  messageForAll(envelope: IncomingEnvelope, raw: Uint8Array): Promise<ListenerReply> {
    return this.#takeSafely(incoming(envelope, raw), envelope.recipients);
  }

  async #takeSafely(message: Incoming, addresses: readonly string[]): Promise<ListenerReply> {
    try {
      return await this.#take(message, addresses);
    } catch (error) {
      // Whatever it is, the mail stays with the peer.
      this.#parts.log.error('message not stored', { error: error instanceof Error ? error.name : 'unknown' });
      return listenerReplies.ownTrouble;
    }
  }

  async #take(message: Incoming, addresses: readonly string[]): Promise<ListenerReply> {
    if (message.hops > maxHops) return listenerReplies.tooManyHops;
    const takers: Taker[] = [];
    for (const address of addresses) {
      const resolved = await this.#resolve(address);
      if (resolved.status === 'refused') return resolved.reply;
      if (message.raw.length > maxSizeOf(resolved.taker, this.#parts.site()))
        return listenerReplies.tooLargeForList;
      takers.push(resolved.taker);
    }
    const { store, afterCommit, log } = this.#parts;
    const bytes = message.raw.length;
    await store.transaction(async (tx) => {
      for (const taker of takers) await this.#store(tx, message, taker);
    });
    // RFC 5321 §4.2.5: the reply hands responsibility over, so it comes after the commit.
    await afterCommit?.();
    for (const { address } of takers) log.info('message stored', { recipient: address, bytes });
    return listenerReplies.stored;
  }

  async #store(tx: Repositories, message: Incoming, { address, kind, list }: Taker): Promise<void> {
    const { envelopeSender, raw, sha256 } = message;
    const receivedAt = this.#parts.clock.now();
    const id = newId(receivedAt);
    // A redelivery after a lost reply is answered like the first, and stored once.
    if (!(await tx.receipts.claim(address, sha256, id))) return;
    const stored: NewMessage = {
      id,
      kind,
      list: list?.address ?? '',
      recipient: address,
      envelopeSender,
      raw,
      size: raw.length,
      sha256,
      receivedAt,
    };
    await tx.messages.insert(stored);
    await tx.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: id });
  }

  async #resolve(address: string): Promise<Resolved> {
    const { lists, site } = this.#parts;
    // RFC 5321 §4.5.1: `postmaster` alone is an address too.
    const whole = address.includes('@') ? address : `${address}@${site().robots[0]!.domain}`;
    return resolutionOf(canonicalAddress(whole), await resolveRecipient(lists(), site(), whole));
  }
}

function incoming({ envelopeSender }: IncomingEnvelope, raw: Uint8Array): Incoming {
  return { envelopeSender, raw, sha256: sha256Hex(raw), hops: countHops(raw, maxHops + 1) };
}

function resolutionOf(address: string, recipient: Recipient): Resolved {
  if (recipient.kind === 'unknown') return refused(listenerReplies.noSuchAddress);
  const list = 'list' in recipient ? recipient.list : undefined;
  if (list?.status === 'error_config') return refused(listenerReplies.ownTrouble);
  if (recipient.kind === 'post' && list?.status !== 'open') return refused(listenerReplies.listClosed);
  return { status: 'taken', taker: { address, kind: recipient.kind, list } };
}

function refused(reply: ListenerReply): Resolved {
  return { status: 'refused', reply };
}

function maxSizeOf({ list }: Taker, site: Site): number {
  return list?.config.max_size ?? site.conf.max_size;
}
