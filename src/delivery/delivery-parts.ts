import type { Clock } from '../clock.ts';
import type { Site } from '../config/site.ts';
import type { Lists } from '../lists/lists.ts';
import type { Log } from '../log.ts';
import type { Transport } from '../smtp/transport.ts';
import type { Store } from '../store/store.ts';
import type { ListKeyring } from '../trust/list-keys.ts';
import type { MessageOpener } from '../trust/message-opener.ts';
import type { UserCertificates } from '../trust/user-certificates.ts';

import type { OutcomeRecorder } from './outcome-recorder.ts';

/** What delivery works with; put together by `daemon.ts`. */
export interface DeliveryParts {
  readonly site: Site;
  readonly store: Store;
  readonly lists: Lists;
  readonly certificates: UserCertificates;
  readonly opener: MessageOpener;
  /** The keys that mail of our own is signed with. */
  readonly keyring: ListKeyring;
  readonly transport: Transport;
  readonly recorder: OutcomeRecorder;
  /** Key of the MAC in the VERP addresses of this site. */
  readonly verpKey: string;
  readonly clock: Clock;
  readonly log: Log;
}
