import type { Clock } from '../clock.ts';
import { type OpenedMessage, openMessage, type Trust } from '../smime/open-message.ts';
import type { ListKeyring } from './list-keys.ts';
import type { TrustAnchors } from './trust-anchors.ts';

/** A message opened in memory, and the trust by which its signatures were judged. */
export interface Opening {
  readonly opened: OpenedMessage;
  readonly trust: Trust;
}

interface Parts {
  readonly keyring: ListKeyring;
  readonly anchors: Pick<TrustAnchors, 'current'>;
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
   * @param list whose keys may open it; without one, signatures alone are looked at
   */
  async open(raw: Uint8Array, list: { readonly directory: string } | undefined): Promise<Opening> {
    const { keyring, anchors, clock } = this.#parts;
    const keys = list ? await keyring.keysOf(list.directory) : undefined;
    const trust: Trust = { ...(await anchors.current()), untrusted: [], crlCheck: 'present' };
    const opened = openMessage(raw, {
      identities: keys?.identities ?? [],
      lockedCertificates: keys?.lockedCertificates ?? [],
      trust,
      atMs: clock.now(),
    });
    return { opened, trust };
  }
}
