/** One message for some recipients, ready for the wire. */
export interface OutgoingCopy {
  /** Empty for the null sender. */
  readonly envelopeSender: string;
  readonly recipients: readonly string[];
  /** CRLF lines, dot-stuffed, ending with CRLF; the final dot is added. */
  readonly pieces: readonly Uint8Array[];
  /** Bytes, for SIZE. */
  readonly size: number;
  readonly smtputf8: boolean;
  readonly eightBit: boolean;
}

/** What the peer said of one recipient. `code` 0: the connection ended before it said anything. */
export interface RecipientReply {
  readonly recipient: string;
  readonly status: 'sent' | 'temporary' | 'permanent';
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
  /** What the peer answered: this recipient, or the whole copy. Left out where the peer said nothing, or is no mail server. */
  readonly answers?: 'recipient' | 'copy';
}

/** A way out for mail. */
export interface Transport {
  acquire(): Promise<TransportConnection>;
  close(): Promise<void>;
  readonly maxConnections: number;
}

/** One conversation at a time. */
export interface TransportConnection {
  /** Never throws for trouble of SMTP: who got no final reply is told `temporary`. */
  send(copy: OutgoingCopy): Promise<readonly RecipientReply[]>;
  release(): void;
}
