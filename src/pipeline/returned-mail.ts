/** A copy of a post that came back. */
export interface BouncedCopy {
  /** Canonical address of the subscriber. */
  readonly address: string;
  /** RFC 3463 §2: `5.1.1`. */
  readonly status: string;
  /** The stored message of the post, where the report tells. */
  readonly postId: string | null;
}

/** What a reader's mail system complains of. */
export interface Complaint {
  /** Address of the list. */
  readonly list: string;
  /** `abuse`, `fraud` … RFC 5965 §3.1. */
  readonly type: string;
  /** The subscriber whose copy it was, where that is known. */
  readonly address: string | null;
}

/** What came to a return address, as far as it is kept. */
export interface Returned {
  readonly bounces: readonly BouncedCopy[];
  readonly complaint: Complaint | null;
  /** A mail system wrote it, so that nothing of it needs to be kept. */
  readonly isReport: boolean;
}
