/**
 * The tables, as both engines know them: ids are text, times are milliseconds since 1970, JSON is text, bytes are blobs.
 * Column names are the names in code; a migration never changes once it is released.
 */
export interface Schema {
  message: MessageTable;
  message_raw: MessageRawTable;
  intake_receipt: ReceiptTable;
  job: JobTable;
  distribution: DistributionTable;
  delivery: DeliveryTable;
  subscriber: SubscriberTable;
  subscription_end: SubscriptionEndTable;
  certificate: CertificateTable;
  authority: AuthorityTable;
  certificate_event: CertificateEventTable;
  certificate_look_up: CertificateLookUpTable;
  certificate_file: CertificateFileTable;
  certificate_notice: NoticeTable;
  ciphertext_seen: CiphertextTable;
  post_seen: PostSeenTable;
  list_counter: CounterTable;
  lock: LockTable;
  bounce: BounceTable;
  bouncer: BouncerTable;
  report_entry: ReportTable;
  request_key: RequestKeyTable;
  rate: RateTable;
  signature_used: SignatureUsedTable;
  person: PersonTable;
  archive_post: ArchivePostTable;
  task: TaskTable;
  task_mail: TaskMailTable;
  certificate_warning: CertificateWarningTable;
  inclusion: InclusionTable;
  exclusion: ExclusionTable;
  data_source: DataSourceTable;
}

export interface MessageTable {
  id: string;
  kind: string;
  list: string;
  recipient: string;
  envelopeSender: string;
  size: number;
  sha256: string;
  receivedAt: number;
  state: string;
  code: string | null;
  reason: string | null;
  verdict: string | null;
  decision: string | null;
  decidedAt: number | null;
  extra: string | null;
}

/** Apart from the rest, so that a change of state does not write the bytes again. */
export interface MessageRawTable {
  messageId: string;
  raw: Uint8Array;
}

export interface ReceiptTable {
  recipient: string;
  sha256: string;
  messageId: string;
  receivedAt: number;
}

export interface JobTable {
  id: string;
  role: string;
  kind: string;
  subject: string;
  payload: string;
  state: string;
  runAt: number;
  attempts: number;
  crashes: number;
  againAt: number | null;
  claimedBy: string | null;
  claimedUntil: number | null;
  code: string | null;
  reason: string | null;
  createdAt: number;
}

export interface DistributionTable {
  id: string;
  messageId: string;
  list: string;
  sender: string;
  sequence: number;
  form: string;
  head: Uint8Array;
  content: Uint8Array | null;
  policy: string;
  createdAt: number;
  finishedAt: number | null;
}

export interface DeliveryTable {
  distributionId: string;
  address: string;
  packet: number;
  state: string;
  attempts: number;
  nextAt: number | null;
  code: string | null;
  reply: string | null;
  updatedAt: number;
  keepUntil: number | null;
}

export interface SubscriberTable {
  list: string;
  address: string;
  reception: string;
  visibility: string;
  gecos: string | null;
  since: number;
  source: string;
  /** When reception, visibility or name last changed. */
  updatedAt: number | null;
  /** 1 where the person, an owner or the operator asked for it. */
  subscribed: number;
  /** 1 where a data source of the list names the person; both may be. */
  included: number;
}

/** Whom a data source of a list names. */
export interface InclusionTable {
  list: string;
  /** `member`, `owner` or `editor`. */
  role: string;
  address: string;
  source: string;
  gecos: string | null;
  /** Of owners and editors, as JSON. */
  options: string | null;
}

/** Who left a list that a data source names the person for, and does not come back by it. */
export interface ExclusionTable {
  list: string;
  address: string;
  excludedAt: number;
}

/** How a data source was last read. */
export interface DataSourceTable {
  list: string;
  role: string;
  source: string;
  /** What people call it. */
  name: string;
  /** How many it names. */
  people: number;
  /** When it was last asked, whatever came of it. */
  triedAt: number;
  /** When it last answered in full. */
  readAt: number | null;
  /** Since when it does not. */
  failedAt: number | null;
  code: string | null;
  reason: string | null;
  toldAt: number | null;
}

export interface CertificateTable {
  id: string;
  address: string;
  usage: string;
  source: string;
  status: string;
  sha256: string;
  issuer: string;
  serial: string;
  notBefore: number;
  notAfter: number;
  signingTime: number | null;
  firstSeen: number;
  updatedAt: number;
  der: Uint8Array;
  capabilities: string | null;
  note: string | null;
  /** 1 where the anchors of the site did not accept it when it came, but those of a list or a domain. */
  narrow: number;
  /** 1 where the record of the DNS that it came with demands a path to an anchor (RFC 6698 §2.1.1). */
  needsPath: number;
}

/** What became of a certificate, a row for each change of its status. */
export interface CertificateEventTable {
  certificateId: string;
  sequence: number;
  at: number;
  status: string;
  source: string;
  note: string | null;
}

/** A certificate of an authority between a person's and an anchor. */
export interface AuthorityTable {
  sha256: string;
  der: Uint8Array;
  notAfter: number;
  addedAt: number;
}

/** When the sources of certificates were last asked about somebody. */
export interface CertificateLookUpTable {
  address: string;
  lookedAt: number;
  found: number;
  /** When they are to be asked again. */
  dueAt: number;
}

/** When somebody left the last list. */
export interface SubscriptionEndTable {
  address: string;
  leftAt: number;
}

export interface CertificateFileTable {
  fileName: string;
  contentSha256: string;
  certificateId: string;
  writtenAt: number;
}

export interface NoticeTable {
  list: string;
  address: string;
  toldAt: number;
}

export interface CiphertextTable {
  list: string;
  digest: string;
  messageId: string;
  seenAt: number;
}

export interface PostSeenTable {
  list: string;
  headerId: string;
  messageId: string;
  seenAt: number;
}

export interface CounterTable {
  list: string;
  value: number;
}

export interface LockTable {
  name: string;
  holder: string;
  heldUntil: number;
}

export interface BounceTable {
  id: string;
  list: string;
  address: string | null;
  messageId: string;
  receivedAt: number;
  status: string | null;
  /** The post whose copy came back, where that is known. */
  postId: string | null;
}

/** A subscriber whose mail came back, for as long as the subscription and the bounces last. */
export interface BouncerTable {
  list: string;
  address: string;
  firstAt: number;
  lastAt: number;
  count: number;
  /** Of the last bounce. */
  status: string;
  score: number | null;
  /** The last run that did something about it. */
  actedBy: string | null;
}

export interface ReportTable {
  list: string;
  day: string;
  address: string;
  distributionId: string;
  code: string;
}

export interface RequestKeyTable {
  digest: string;
  kind: string;
  list: string;
  address: string;
  request: string | null;
  messageId: string | null;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
  usedBy: string | null;
  outcome: string | null;
}

export interface RateTable {
  subject: string;
  count: number;
  since: number;
}

export interface SignatureUsedTable {
  digest: string;
  messageId: string;
  usedAt: number;
}

export interface PersonTable {
  address: string;
  gecos: string | null;
  lang: string | null;
  updatedAt: number;
}

export interface ArchivePostTable {
  list: string;
  sequence: number;
  month: string;
  messageId: string;
  distributionId: string;
  sentAt: number;
}

export interface TaskTable {
  id: string;
  model: string;
  version: string;
  /** `name@domain` of the list, `_global` for the site. */
  object: string;
  /** Where the next run starts; empty for the top. */
  label: string;
  /** `null` once it has stopped. */
  dueAt: number | null;
  origin: string;
  variables: string | null;
  createdAt: number;
  failures: number;
  code: string | null;
  toldAt: number | null;
  /** When a run was due that failed since; `null` once it went on. */
  firstDueAt: number | null;
}

/** A mail that a run of a task asked for. */
export interface TaskMailTable {
  run: string;
  template: string;
  address: string;
  askedAt: number;
}

export interface CertificateWarningTable {
  subject: string;
  stage: string;
  toldAt: number;
}
