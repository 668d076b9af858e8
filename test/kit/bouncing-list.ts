import { expect } from 'vitest';
import { deliverPacketHandler } from '../../src/delivery/deliver-packet.ts';
import { Payloads } from '../../src/delivery/payloads.ts';
import { IntakeService } from '../../src/intake/intake-service.ts';
import { silentLog } from '../../src/log.ts';
import { processMessageHandler } from '../../src/pipeline/process-message.ts';
import type { Bouncer } from '../../src/store/bouncers.ts';
import type { StoredMessage } from '../../src/store/messages.ts';
import { type BounceOf, deliveryReport } from './bounces.ts';
import { plainMessage } from './mail.ts';
import type { QuietSite } from './quiet-site.ts';

/** A post that went out. */
export interface SentOut {
  readonly id: string;
  readonly messageId: string;
  /** The envelope sender that a recipient's copy came from. */
  returnPath(address: string): string;
}

/** A list whose mail comes back: posts go out, and reports come in, as in a running site. */
export interface BouncingList {
  /** Sends a post to the list and delivers it. */
  post(raw?: Uint8Array): Promise<SentOut>;
  /** Takes mail with the null sender, as intake does, and works on it. */
  receive(raw: Uint8Array, to: string, from?: string): Promise<StoredMessage>;
  /** Takes a delivery report about a post. */
  report(to: string, about: BounceOf): Promise<StoredMessage>;
  bouncer(address: string): Promise<Bouncer | undefined>;
}

/** What the senders of posts have to say; anybody may post. */
const author = 'alice@example.com';

/** Makes the list `board@example.org` with subscribers, to which anybody may post. */
export async function makeBouncingList(
  quiet: QuietSite,
  subscribers: readonly string[],
  parameters: Readonly<Record<string, string>> = {},
): Promise<BouncingList> {
  const { store, site, lists, parts, copies } = quiet;
  const owners = ['owner@example.org'];
  const { address: list } = await lists.create({
    name: 'board',
    owners,
    parameters: { send: 'public', ...parameters },
  });
  for (const address of subscribers) await store.subscribers.add({ list, address });
  const { clock } = parts;
  const intake = new IntakeService({ site: () => site, lists: () => lists, store, clock, log: silentLog });
  const work = () => quiet.run('pipeline', 'process-message', processMessageHandler(parts));
  let made = 0;
  const receive = async (raw: Uint8Array, to: string, from = '') => {
    const envelope = { envelopeSender: from, recipients: [to] };
    const [reply] = await intake.messageForEach(envelope, raw);
    expect(reply).toMatchObject({ code: 250 });
    const [{ id } = { id: '' }] = await store.messages.listByState(['incoming'], { limit: 1 });
    await work();
    return store.messages.get(id);
  };
  return {
    post: async (raw) => {
      const messageId = `<post-${++made}@example.com>`;
      copies.length = 0;
      const { id } = await receive(
        raw ?? plainMessage({ from: author, to: list, messageId }, 'the text of the post'),
        list,
        author,
      );
      await quiet.run('delivery', 'deliver-packet', deliverPacketHandler(parts, new Payloads(parts)));
      // Service mail that was asked for meanwhile leaves too, with the null sender.
      const sent = copies.filter(({ envelopeSender }) => envelopeSender !== '');
      return {
        id,
        messageId,
        returnPath: (address) =>
          sent.find(({ recipients }) => recipients.includes(address))?.envelopeSender ?? 'none',
      };
    },
    receive,
    report: (to, about) => receive(deliveryReport(about), to),
    bouncer: (address) => store.bouncers.find(list, address),
  };
}
