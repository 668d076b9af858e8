/** The words of the language. The reference page is made from these tables. */

/** How the sender was proved. */
export type AuthenticationMethod = 'smtp' | 'md5' | 'smime';

/** Method names in rules. `dkim` is an old name of `smtp`; `pgp` is never met. */
export const methodNames = {
  smtp: { means: 'smtp', meaning: 'Nothing but the From field speaks for the sender.' },
  md5: { means: 'md5', meaning: 'The sender confirmed with a key sent by mail, or is logged in on the web.' },
  smime: {
    means: 'smime',
    meaning: 'A valid S/MIME signature by the sender, or a client certificate on the web.',
  },
  dkim: { means: 'smtp', meaning: 'Another name of `smtp`, for old files.' },
  pgp: { means: undefined, meaning: 'Read for old files; no sender is ever proved this way.' },
} as const satisfies Readonly<Record<string, { means: AuthenticationMethod | undefined; meaning: string }>>;

export type MethodName = keyof typeof methodNames;

/** Actions. */
export const actionNames = {
  do_it: 'The operation is carried out.',
  reject: 'The operation is refused; `reason=` picks the text, `tt2=` the template of the answer.',
  request_auth:
    'The operation waits until the sender, or with `request_auth([email])` the person concerned, confirms.',
  owner: 'The operation waits for an owner.',
  editor: 'The message is forwarded to the editors, without a key to approve it.',
  editorkey: 'The message waits for an editor.',
  listmaster: 'The list is made, and waits for the listmaster.',
  ham: 'The message is no spam.',
  spam: 'The message is spam.',
  unsure: 'Whether the message is spam is not known.',
} as const;

export type ActionName = keyof typeof actionNames;

/** What may follow an action after a comma. */
export const modifierNames = {
  quiet: 'The person who asked is told nothing.',
  notify: 'The owners (for `create_list` the listmasters) are told.',
} as const;

export type ModifierName = keyof typeof modifierNames;

const always: readonly ActionName[] = ['do_it', 'reject'];
const command: readonly ActionName[] = ['do_it', 'reject', 'request_auth'];
const membership: readonly ActionName[] = [...command, 'owner'];

/** A function that scenarios govern. */
export interface ScenarioFunction {
  /** The parameter of the list, robot or site that names the scenario. */
  readonly parameter: string;
  readonly default: string;
  readonly meaning: string;
  readonly actions: readonly ActionName[];
}

function governs(
  parameter: string,
  byDefault: string,
  meaning: string,
  actions: readonly ActionName[],
): ScenarioFunction {
  return { parameter, default: byDefault, meaning, actions };
}

/** The functions; one that does not stand here is refused nothing by the parser. */
export const scenarioFunctions: Readonly<Record<string, ScenarioFunction>> = {
  send: governs('send', 'private', 'Who may post.', [...command, 'editor', 'editorkey']),
  subscribe: governs('subscribe', 'open', 'Who may subscribe.', membership),
  unsubscribe: governs('unsubscribe', 'open', 'Who may leave, or take others off.', membership),
  add: governs('add', 'owner', 'Who may add subscribers.', command),
  del: governs('del', 'owner', 'Who may delete subscribers.', command),
  invite: governs('invite', 'private', 'Who may invite others.', command),
  review: governs('review', 'owner', 'Who may see the subscribers.', command),
  remind: governs('remind', 'owner', 'Who may send reminders to all subscribers.', command),
  global_remind: governs('global_remind', 'listmaster', 'Who may send reminders for all lists.', command),
  info: governs('info', 'open', 'Who may read the description of the list.', always),
  visibility: governs('visibility', 'conceal', 'Who sees that the list is there.', always),
  archive_web_access: governs('archive.web_access', 'closed', 'Who may read the archive on the web.', always),
  archive_mail_access: governs('archive.mail_access', 'closed', 'Who may get the archive by mail.', always),
  d_read: governs('shared_doc.d_read', 'private', 'Who may read the shared documents.', always),
  d_edit: governs('shared_doc.d_edit', 'owner', 'Who may change the shared documents.', [
    ...always,
    'editor',
  ]),
  tracking: governs('tracking.tracking', 'owner', 'Who may see the delivery reports of posts.', always),
  topics_visibility: governs('visibility (topics.conf)', 'noconceal', 'Who sees a topic of lists.', always),
  create_list: governs('create_list', 'public_listmaster', 'Who may make lists.', [...always, 'listmaster']),
  move_user: governs('move_user', 'auth', 'Who may move a person to another address.', command),
  family_signoff: governs('family_signoff', 'auth', 'Who may leave all lists of a family.', command),
  automatic_list_creation: governs(
    'automatic_list_creation',
    'public',
    'Who makes a list of a family by writing to it.',
    always,
  ),
  spam_status: governs('spam_status', 'x-spam-status', 'Whether a message is taken for spam.', [
    'ham',
    'spam',
    'unsure',
  ]),
};

/** What kind of value an argument must be. */
export type ArgumentKind = 'value' | 'pattern' | 'file';

/** A condition of the language. */
export interface ConditionWord {
  readonly arguments: readonly ArgumentKind[];
  /** Arguments that may be left out, from the end. */
  readonly optional: number;
  readonly meaning: string;
}

function asks(meaning: string, kinds: readonly ArgumentKind[] = [], optional = 0): ConditionWord {
  return { arguments: kinds, optional, meaning };
}

const two: readonly ArgumentKind[] = ['value', 'value'];

/** The conditions; `CustomCondition::name(…)` stands beside them. */
export const conditionWords: Readonly<Record<string, ConditionWord>> = {
  true: asks('Always holds.'),
  all: asks('Always holds.'),
  is_listmaster: asks('One of the addresses in the value is a listmaster.', ['value']),
  is_owner: asks('The second value is the address of an owner of the list, or of a listmaster.', two),
  is_editor: asks(
    'The second value is the address of an editor; of an owner where the list has no editors.',
    two,
  ),
  is_subscriber: asks(
    'The second value is the address of a subscriber; the list is `name` or `name@domain`.',
    two,
  ),
  equal: asks('The values are the same text, whatever the case.', two),
  match: asks('The value matches the regular expression, whatever the case.', ['value', 'pattern']),
  less_than: asks('The first value is less: as a number where both are numbers, else as text.', two),
  older: asks('The first date is not after the second.', two),
  newer: asks('The first date is after the second.', two),
  verify_netmask: asks('The web client is within the network; in mail there is no client, and it never is.', [
    'value',
  ]),
  search: asks('The named filter finds the sender, or the second value.', ['file', 'value'], 1),
  message: asks('Read for old files; nothing answers it, so that the rule refuses.', two),
  is_encrypted: asks(
    'The list opened an encrypted layer of the message; with `aead`, one of AES-GCM.',
    ['value'],
    1,
  ),
  is_signed: asks('A valid S/MIME signature by the sender covers the message.'),
  is_signed_by_ca: asks('As `is_signed`, and an issuer along its certification path matches.', ['pattern']),
  has_protected_header: asks(
    'The signature or encryption covers that header field; with a pattern, one that matches.',
    ['value', 'pattern'],
    1,
  ),
};

/** Variables without a key. `undefined` values count as empty. */
export const variableWords: Readonly<Record<string, string>> = {
  sender: 'Address of who asks; `nobody` where that is not known.',
  email: 'Address that the request is about; that of the sender where it names none.',
  current_email: 'Old address, when a person moves.',
  previous_email: 'The same.',
  listname: 'Name of the list.',
  domain: 'Mail domain of the list.',
  host: 'The same, in old files.',
  is_bcc: '`1` when neither To nor Cc names the list, else `0`.',
  msg_body: 'Body of the message, where it is text.',
  msg_encrypted: '`smime` when the list opened an encrypted layer, else empty.',
  topic: 'Topics of the message.',
  topic_auto: 'Topics found by key words.',
  topic_sender: 'Topics given by the sender.',
  topic_editor: 'Topics given by an editor.',
  topic_needed: '`1` when a topic is missing.',
  current_date: 'Now, in seconds since 1970.',
  execution_date: 'The same.',
  date: 'A date that the request is about.',
  remote_host: 'Name of the web client.',
  remote_addr: 'IP address of the web client.',
};

/** Variables with a key: `[name->key]`. */
export const variableSpaces: Readonly<Record<string, string>> = {
  list: 'Name, address, number of subscribers (`total`), or a single-valued parameter of the list.',
  conf: 'Parameter of the site or robot; a condition on one that is not there never holds.',
  custom_vars: 'Parameter `custom_vars` of the list.',
  family: 'Facts of the family, when a list is made automatically.',
  env: 'Variables of the web request.',
  user: 'What is known of the sender: `email`, `gecos`, `lang` and more.',
  user_attributes: 'What the single sign-on says of the sender.',
  subscriber: 'Subscription of the sender: `date`, `update_date`, `reception`, `visibility` and more.',
  msg_header: 'All values of a header field; `[msg_header->F][0]` the first, `[-1]` the last.',
  header: 'The same.',
  msg_part: '`type` or `body` of the first-level parts; bodies of text parts only.',
  msg: 'Facts that an earlier step found, as `spam_status`.',
};
