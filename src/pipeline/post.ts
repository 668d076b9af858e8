import type { Robot } from '../config/site.ts';
import type { DeliveryParts } from '../delivery/delivery-parts.ts';
import type { List } from '../lists/list.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { RequestParts } from '../requests/operation.ts';
import type { OpenedMessage, Trust } from '../smime/open-message.ts';
import type { MessageKind } from '../store/messages.ts';
import type { CertificateFolder } from '../trust/certificate-folder.ts';
import type { PathlessCertificates } from '../trust/pathless-certificates.ts';
import type { RevokedCertificates } from '../trust/revoked-certificates.ts';
import type { Disposition } from './disposition.ts';

/** What the pipeline works with; put together by `daemon.ts`. */
export interface PipelineParts extends DeliveryParts, RequestParts {
  readonly folder: CertificateFolder;
  readonly revocations: RevokedCertificates;
  readonly pathless: PathlessCertificates;
}

/**
 * What was said of a message after it was held: its sender confirmed it, so that the scenario is asked again with `md5`;
 * or an editor or operator let it go, so that no scenario is asked.
 */
export type Clearance = 'none' | 'confirmed' | 'released';

/** A message on its way through the steps. */
export interface Post {
  readonly kind: MessageKind;
  readonly message: ReceivedMessage;
  readonly robot: Robot;
  readonly clearance: Clearance;
  /** The list that it came to; `undefined` for addresses of the site. */
  readonly list: List | undefined;
}

/** A post after it was opened, in memory. */
export interface OpenedPost extends Post {
  readonly opened: OpenedMessage;
  readonly trust: Trust;
}

/** What a step says: go on with this post, or this is what becomes of it. */
export type StepResult<Next extends Post> =
  | { readonly status: 'continue'; readonly post: Next }
  | { readonly status: 'settled'; readonly disposition: Disposition };

/** Goes on to the next step. */
export function proceed<P extends Post>(post: P): StepResult<P> {
  return { status: 'continue', post };
}

/** Ends the steps. */
export function settled(disposition: Disposition): StepResult<never> {
  return { status: 'settled', disposition };
}
