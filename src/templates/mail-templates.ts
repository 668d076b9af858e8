/** A value that a template may print. */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue };

/** One variable of a service mail. */
export interface TemplateVariable {
  readonly meaning: string;
  /** May be left out by the caller; it is null in the template then. */
  readonly optional?: true;
}

/** One service mail: what it says to whom. The reference page is made from these tables. */
export interface MailTemplate {
  readonly to: string;
  readonly meaning: string;
  /** RFC 3834 §5: `auto-replied` answers a message, everything else is `auto-generated`. */
  readonly autoSubmitted: 'auto-generated' | 'auto-replied';
  readonly variables: Readonly<Record<string, TemplateVariable>>;
  /**
   * Goes out in clear whatever `service_mail_encryption` says: it tells of a certificate that is missing, ends or was
   * changed, so that it has to be readable without; or it has to look the same whoever asks.
   */
  readonly neverSealed?: true;
}

const count = (meaning: string): TemplateVariable => ({ meaning });

/** Variables of every service mail. */
export const commonVariables: Readonly<Record<string, TemplateVariable>> = {
  list: {
    meaning:
      '`list.name`, `list.address` and `list.request`, the address of its owners; null in mail of the site',
    optional: true,
  },
  domain: { meaning: 'mail domain of the list or robot' },
  listmaster: { meaning: 'address of the listmasters' },
  lang: { meaning: 'language of the reader; set when the mail is made', optional: true },
};

/** The service mails. No variable ever holds the Subject, the sender or any content of a post. */
export const mailTemplates: Readonly<Record<string, MailTemplate>> = {
  'x509-user-cert-missing': {
    to: 'subscriber',
    meaning:
      'Posts wait, because there is no usable certificate to seal them with. Once a period, not once a post.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      count: count('number of posts that wait'),
      since: { meaning: 'when the first of them came, ms since 1970', optional: true },
      code: {
        meaning:
          'why: `no-certificate`, `certificate-expired`, `certificate-missing` or `only-cbc-announced`',
        optional: true,
      },
      keepDays: { meaning: 'days after which a waiting post is dropped', optional: true },
    },
  },
  'certificate-pending': {
    to: 'the person that a certificate names',
    meaning:
      'Another certificate of the person came, and is not used before an answer with the key comes back from the address.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      key: { meaning: 'what the answer brings back; it makes the certificate one that is used' },
      address: { meaning: 'address that the certificate names' },
      issuer: { meaning: 'name of the authority that made it' },
      serial: { meaning: 'its serial number in hexadecimal' },
      fingerprint: { meaning: 'its SHA-256 in hexadecimal' },
      days: count('days that the key is good for'),
    },
  },
  'certificate-pending-owner': {
    to: 'owners, or listmasters of people who are on no list',
    meaning:
      'Other certificates of these people came and wait to be confirmed. At once, then what came since once a day.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      addresses: { meaning: 'addresses of the people, a hundred at most' },
      more: count('number of people who are not named'),
    },
  },
  'certificate-replaced': {
    to: 'the person that a certificate names',
    meaning: 'Encrypted mail goes to another certificate of the person from now on.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      address: { meaning: 'address that the certificate names' },
      issuer: { meaning: 'name of the authority that made it' },
      serial: { meaning: 'its serial number in hexadecimal' },
      fingerprint: { meaning: 'its SHA-256 in hexadecimal' },
    },
  },
  'cert-missing-report-sender': {
    to: 'sender of a post',
    meaning: 'How many subscribers could not be served for want of a certificate; a number only.',
    autoSubmitted: 'auto-replied',
    variables: { count: count('number of subscribers') },
  },
  'cert-missing-report-owner': {
    to: 'owners',
    meaning: 'Once a day: the subscribers for whom posts wait, with their addresses.',
    autoSubmitted: 'auto-generated',
    variables: {
      addresses: { meaning: 'addresses of the subscribers' },
      posts: { meaning: 'number of posts concerned', optional: true },
    },
  },
  'waiting-dropped-owner': {
    to: 'owners',
    meaning: 'Posts were dropped that waited too long for the certificate of a subscriber.',
    autoSubmitted: 'auto-generated',
    variables: {
      addresses: { meaning: 'addresses of the subscribers who never got them' },
      count: count('number of copies dropped'),
      keepDays: { meaning: 'days that they waited', optional: true },
    },
  },
  'post-rejected': {
    to: 'sender of a post',
    meaning: 'The post was refused; the reason is a key of `locales/`.',
    autoSubmitted: 'auto-replied',
    variables: {
      reason: { meaning: 'key of the reason', optional: true },
      commands: { meaning: 'address that takes commands, where the post was one', optional: true },
    },
  },
  'post-too-large': {
    to: 'sender of a post',
    meaning: 'The post is larger than the list takes.',
    autoSubmitted: 'auto-replied',
    variables: {
      size: { meaning: 'size of the post in bytes', optional: true },
      maxSize: { meaning: 'largest size in bytes', optional: true },
    },
  },
  'not-readable': {
    to: 'sender of a post',
    meaning:
      'The post could not be decrypted, could have been changed on the way, or was distributed before: the same words for all, and no variable but the list.',
    autoSubmitted: 'auto-replied',
    neverSealed: true,
    variables: {},
  },
  'message-held-listmaster': {
    to: 'listmasters',
    meaning: 'Posts wait because the key of a list cannot be loaded.',
    autoSubmitted: 'auto-generated',
    variables: { count: { meaning: 'number of posts that wait', optional: true } },
  },
  'unsigned-listmaster': {
    to: 'listmasters',
    meaning:
      'Mail of a list, or of the address that takes commands, goes out unsigned: its key cannot be used.',
    autoSubmitted: 'auto-generated',
    variables: {
      address: { meaning: 'the address that would sign' },
      code: { meaning: 'why it cannot, a code of the reference' },
    },
  },
  'quarantine-listmaster': {
    to: 'listmasters',
    meaning: 'A message or a job could not be worked on and was put aside.',
    autoSubmitted: 'auto-generated',
    variables: {
      id: { meaning: 'identifier for `spool show`' },
      kind: { meaning: 'what it is', optional: true },
      code: { meaning: 'code of the failure, a row of the table of errors', optional: true },
    },
  },
  'forward-not-sealable': {
    to: 'owner, editor or listmaster',
    meaning: 'An encrypted message to a role could not be sealed for one of the people behind it.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      address: { meaning: 'address that the message came to' },
      since: { meaning: 'when it came, ms since 1970', optional: true },
      code: { meaning: 'why, as for `x509-user-cert-missing`', optional: true },
    },
  },
  'request-auth': {
    to: 'address that is to confirm',
    meaning:
      'Somebody asked for something that this address has to confirm; the Subject is the command that does so.',
    autoSubmitted: 'auto-generated',
    variables: {
      key: { meaning: 'the one-time key' },
      command: { meaning: 'what was asked for, as a command' },
      requestedBy: { meaning: 'address that asked, where it is another', optional: true },
      days: { meaning: 'days that the key is good for' },
    },
  },
  'owner-approval': {
    to: 'owners',
    meaning: 'A request waits for an owner; the Subject is the command that allows it.',
    autoSubmitted: 'auto-generated',
    variables: {
      key: { meaning: 'the one-time key' },
      command: { meaning: 'what was asked for, as a command' },
      who: { meaning: 'address that asked' },
      about: { meaning: 'address that it is about' },
      days: { meaning: 'days that the key is good for' },
    },
  },
  welcome: {
    to: 'new subscriber',
    meaning: 'A subscription began.',
    autoSubmitted: 'auto-generated',
    variables: { address: { meaning: 'address of the subscriber' } },
  },
  bye: {
    to: 'former subscriber',
    meaning: 'A subscription was ended by the subscriber.',
    autoSubmitted: 'auto-generated',
    variables: { address: { meaning: 'address of the subscriber' } },
  },
  removed: {
    to: 'former subscriber',
    meaning: 'A subscription was ended by an owner.',
    autoSubmitted: 'auto-generated',
    variables: { address: { meaning: 'address of the subscriber' } },
  },
  'bouncer-warning': {
    to: 'subscriber',
    meaning: 'Mail to the subscriber comes back (`notify_bouncers`). Sympa calls it `auto_notify_bouncers`.',
    autoSubmitted: 'auto-generated',
    variables: {
      address: { meaning: 'address of the subscriber' },
      count: count('number of posts that came back'),
      since: { meaning: 'when the first of them did, ms since 1970' },
      status: { meaning: 'status of the last, as RFC 3463 has them: `5.1.1`' },
      commands: { meaning: 'address that takes commands' },
    },
  },
  'bouncer-removed': {
    to: 'former subscriber',
    meaning: 'A subscription was ended because mail came back (`remove_bouncers`).',
    autoSubmitted: 'auto-generated',
    variables: { address: { meaning: 'address of the subscriber' } },
  },
  'bouncers-processed': {
    to: 'owners or listmasters',
    meaning:
      'What was done with subscribers whose mail comes back. Sympa calls it `automatic_bounce_management`.',
    autoSubmitted: 'auto-generated',
    variables: {
      addresses: { meaning: 'addresses of the subscribers' },
      action: { meaning: '`remove_bouncers`, `notify_bouncers` or `none`' },
      rate: { meaning: 'score from which on they are of this level' },
    },
  },
  'bounce-rate': {
    to: 'owners or listmasters',
    meaning: 'Mail to many subscribers of a list comes back. Once a day at most.',
    autoSubmitted: 'auto-generated',
    variables: {
      rate: { meaning: 'share of the subscribers, in a hundred' },
      bouncing: count('number of these subscribers'),
      subscribers: count('number of all subscribers'),
      limit: { meaning: 'share from which on this is told, in a hundred' },
    },
  },
  'complaint-owner': {
    to: 'owners',
    meaning:
      'A mail system reports that a reader complained of a post (RFC 5965). Ten a day and list at most, and one a day of each reader.',
    autoSubmitted: 'auto-generated',
    variables: {
      type: { meaning: 'type of the report: `abuse`, `fraud`, `virus`, `other` …' },
      address: { meaning: 'address of the subscriber, where it is known', optional: true },
    },
  },
  'membership-owner': {
    to: 'owners',
    meaning: 'Somebody joined or left, and the scenario says `notify`.',
    autoSubmitted: 'auto-generated',
    variables: {
      event: { meaning: '`subscribed` or `signed-off`' },
      address: { meaning: 'address of the subscriber' },
      by: { meaning: 'address that asked for it' },
    },
  },
  'vain-request': {
    to: 'address that a request is about',
    meaning: 'Somebody else asked for what is so already; who asked is not told that.',
    autoSubmitted: 'auto-generated',
    variables: {
      command: { meaning: 'what was asked for, as a command' },
      code: { meaning: '`already-subscribed` or `not-subscribed`' },
      requestedBy: { meaning: 'address that asked' },
    },
  },
  'command-report': {
    to: 'sender of commands',
    meaning: 'What came of each command; encrypted where the commands came encrypted.',
    autoSubmitted: 'auto-replied',
    variables: {
      entries: {
        meaning:
          'for each command `command`, `status` (`done`, `waiting`, `refused`), `text`, and `answer`, the lines of an answer',
      },
    },
  },
  'command-report-withheld': {
    to: 'sender of commands',
    meaning: 'Commands came encrypted, and there is no certificate to encrypt their results to.',
    autoSubmitted: 'auto-replied',
    neverSealed: true,
    variables: {},
  },
  moderate: {
    to: 'editors',
    meaning:
      'A post waits for an editor. The post is attached; where it came encrypted, all of this mail is encrypted to each editor.',
    autoSubmitted: 'auto-generated',
    variables: {
      key: { meaning: 'the one-time key' },
      commands: { meaning: 'address that takes commands' },
      days: { meaning: 'days that the post waits' },
    },
  },
  'post-handed': {
    to: 'an editor',
    meaning:
      'A post that waits, sealed by the operator for one reader (`ssympa spool show --seal-for`). The post is attached, and all of this mail is encrypted.',
    autoSubmitted: 'auto-generated',
    variables: {
      id: {
        meaning: 'identifier of the post, for a signed command; null where no editor can decide',
        optional: true,
      },
      commands: { meaning: 'address that takes commands', optional: true },
    },
  },
  'send-auth': {
    to: 'sender of a post',
    meaning: 'A post waits until its sender confirms it; the Subject is the command that does so.',
    autoSubmitted: 'auto-replied',
    variables: {
      key: { meaning: 'the one-time key' },
      days: { meaning: 'days that the post waits' },
    },
  },
  'post-held': {
    to: 'sender of a post',
    meaning: 'A post waits for an editor.',
    autoSubmitted: 'auto-replied',
    variables: {},
  },
  'held-expired': {
    to: 'sender of a post',
    meaning: 'A post was dropped, since nobody decided on it or confirmed it in time.',
    autoSubmitted: 'auto-generated',
    variables: {
      days: { meaning: 'days that it waited' },
      waitedFor: { meaning: '`moderation` or `confirmation`' },
    },
  },
  'held-expired-editors': {
    to: 'editors',
    meaning: 'Posts were dropped that no editor decided on in time.',
    autoSubmitted: 'auto-generated',
    variables: { count: count('number of posts'), days: { meaning: 'days that they waited' } },
  },
  invite: {
    to: 'invited address',
    meaning: 'Somebody invites this address to a list; the Subject is the command that subscribes it.',
    autoSubmitted: 'auto-generated',
    variables: {
      key: { meaning: 'the one-time key' },
      command: { meaning: 'the command that the key is for' },
      requestedBy: { meaning: 'address that invites' },
      days: { meaning: 'days that the key is good for' },
    },
  },
  remind: {
    to: 'subscriber',
    meaning: 'Reminds of a subscription, or of all in the domain, and says how to leave.',
    autoSubmitted: 'auto-generated',
    variables: {
      address: { meaning: 'address of the subscriber' },
      subscriptions: { meaning: 'each list with the options of the subscription' },
      commands: { meaning: 'address that takes commands' },
    },
  },
  moved: {
    to: 'old and new address',
    meaning: 'Subscriptions were moved to another address.',
    autoSubmitted: 'auto-generated',
    variables: {
      from: { meaning: 'the old address' },
      address: { meaning: 'the new address' },
      lists: { meaning: 'addresses of the lists' },
    },
  },
  'daily-cert-expiration': {
    to: 'owner of a certificate',
    meaning:
      'The certificate of the reader ends within days, or has ended. Once a stage. Sympa calls it `certif_warning`.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      address: { meaning: 'address that the certificate is kept for' },
      stage: { meaning: '`expiring` or `expired`' },
      expiresAt: { meaning: 'when it ends or ended, ms since 1970' },
      certificate: { meaning: 'the distinguished name of its subject' },
      serial: { meaning: 'its serial number' },
    },
  },
  'list-cert-expiration': {
    to: 'owners and listmasters',
    meaning:
      'The certificate that a list, or the address that takes commands, uses ends in 60, 30, 14, 7, 3 or 1 days, or has ended. Once a stage.',
    autoSubmitted: 'auto-generated',
    neverSealed: true,
    variables: {
      address: { meaning: 'address of the list, or the one that takes commands' },
      stage: { meaning: '`expiring` or `expired`' },
      days: { meaning: 'days that are left, begun ones included' },
      expiresAt: { meaning: 'when it ends or ended, ms since 1970' },
      certificate: { meaning: 'the distinguished name of its subject' },
    },
  },
  'data-source-failed-listmaster': {
    to: 'listmasters',
    meaning:
      'A data source of a list cannot be read in full; whom it named stays. At first, then once a day while that lasts.',
    autoSubmitted: 'auto-generated',
    variables: {
      about: { meaning: 'address of the list' },
      sources: { meaning: 'one line a source: name, code of the failure, reason in English' },
    },
  },
  'error-in-task-listmaster': {
    to: 'listmasters',
    meaning: 'A task failed; it is tried again. At first, then once a day.',
    autoSubmitted: 'auto-generated',
    variables: {
      model: { meaning: 'model and version' },
      object: { meaning: 'address of the list that it is about; null for the site', optional: true },
      code: { meaning: 'code of the failure, a row of the table of errors' },
      again: { meaning: 'when it is tried again, ms since 1970' },
      command: { meaning: 'the command that failed', optional: true },
      place: { meaning: 'file and line of the model', optional: true },
      reason: { meaning: 'why, in English', optional: true },
    },
  },
  'expire-warning1': {
    to: 'subscriber',
    meaning: 'A subscription that nobody touched for long ends unless it is renewed.',
    autoSubmitted: 'auto-generated',
    variables: {
      address: { meaning: 'address of the subscriber' },
      commands: { meaning: 'address that takes commands' },
    },
  },
  'expire-warning2': {
    to: 'subscriber',
    meaning: 'The same, for the last time.',
    autoSubmitted: 'auto-generated',
    variables: {
      address: { meaning: 'address of the subscriber' },
      commands: { meaning: 'address that takes commands' },
    },
  },
  'list-pending-listmaster': {
    to: 'listmasters',
    meaning: 'A list was made and waits for a listmaster to open it.',
    autoSubmitted: 'auto-generated',
    variables: {
      by: { meaning: 'address of whoever made it', optional: true },
      owners: { meaning: 'addresses of its owners' },
    },
  },
  'list-moved-owner': {
    to: 'owners',
    meaning: 'The list has another name.',
    autoSubmitted: 'auto-generated',
    variables: {
      from: { meaning: 'address that the list had' },
      by: { meaning: 'address of whoever did it; null for the operator of the site', optional: true },
    },
  },
  erased: {
    to: 'whoever is erased',
    meaning: 'What was kept of a person is erased.',
    autoSubmitted: 'auto-generated',
    variables: {
      address: { meaning: 'the address' },
      lists: { meaning: 'addresses of the lists that it was subscribed to' },
    },
  },
  'list-status-owner': {
    to: 'owners',
    meaning: 'A list was made, opened or closed by somebody else.',
    autoSubmitted: 'auto-generated',
    variables: {
      status: { meaning: '`open` or `closed`' },
      by: { meaning: 'address of whoever did it; null for the operator of the site', optional: true },
    },
  },
};
