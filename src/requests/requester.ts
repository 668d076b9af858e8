import type { Robot } from '../config/site.ts';
import type { MessageSecurity } from '../scenario/context.ts';
import type { ContextValues } from '../scenario/context-variables.ts';
import type { AuthenticationMethod } from '../scenario/vocabulary.ts';

/** Where a request comes from. `command-line` is the operator, whom no scenario is asked about. */
export type Channel = 'mail' | 'web' | 'api' | 'command-line' | 'task';

/** Who asks, and how that was proved. */
export interface Requester {
  /** Canonical address; `nobody` where it is not known. */
  readonly sender: string;
  readonly method: AuthenticationMethod;
  readonly channel: Channel;
  /** The domain that was asked: lists without a domain are those of it. */
  readonly robot: Robot;
  /** The address whose key confirmed the request. */
  readonly confirmedBy?: string;
  /** Who asked for what `confirmedBy` confirmed. */
  readonly requestedBy?: string;
  /** The owner who decided on the request of `sender`: no scenario is asked again. */
  readonly approvedBy?: string;
  /** What scenarios may ask of the message or the web client. */
  readonly values?: Pick<ContextValues, 'message' | 'remoteAddr' | 'remoteHost'>;
  readonly security?: MessageSecurity;
  /** The message that asks, for what is to be found again; empty elsewhere. */
  readonly messageId: string;
  /** What the signature of that message is worth, in words that `VERIFY` gives back. */
  readonly signature?: {
    readonly status: string;
    readonly reason: string | null;
    /** SHA-256 of the certificate of the signer who is the sender; only with the method `smime`. */
    readonly certificate?: string;
  };
}

/** Names who acts, for what is written down with a decision. */
export function actorOf({ channel, sender }: Pick<Requester, 'channel' | 'sender'>): string {
  return channel === 'command-line' ? 'the operator' : sender;
}
