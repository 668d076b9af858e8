import type { Clock } from '../clock.ts';
import { type OpenedMessage, openMessage, type Trust } from '../smime/open-message.ts';
import type { ListKeyring, ListKeys } from './list-keys.ts';
import type { SiteTrust, TrustTarget } from './site-trust.ts';

/** A message opened in memory, and the trust by which its signatures were judged. */
export interface Opening {
  readonly opened: OpenedMessage;
  readonly trust: Trust;
}

interface Parts {
  readonly keyring: ListKeyring;
  readonly anchors: Pick<SiteTrust, 'for'>;
  readonly clock: Clock;
}

/** Opens messages with the keys of the list that they came to; what is opened lives in memory only. */
export class MessageOpener {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Decrypts and verifies a message, at the time that it is now.
   *
   * @param list whose keys may open it, and whose anchors count; without one, signatures alone are looked at by those of the site
   */
  async open(
    raw: Uint8Array,
    list: (TrustTarget & { readonly directory: string }) | undefined,
  ): Promise<Opening> {
    const keys = list ? await this.#parts.keyring.keysOf(list.directory) : undefined;
    return this.#judge(raw, list, keys);
  }

  /** Verifies a message by the anchors that count for a list or a domain, without opening what is encrypted. */
  async verify(raw: Uint8Array, target: TrustTarget | undefined): Promise<Opening> {
    return this.#judge(raw, target, undefined);
  }

  async #judge(
    raw: Uint8Array,
    target: TrustTarget | undefined,
    keys: ListKeys | undefined,
  ): Promise<Opening> {
    const { anchors, clock } = this.#parts;
    const trust: Trust = { ...(await anchors.for(target)), untrusted: [] };
    const opened = openMessage(raw, {
      identities: keys?.identities ?? [],
      lockedCertificates: keys?.lockedCertificates ?? [],
      trust,
      atMs: clock.now(),
    });
    return { opened, trust };
  }
}
