import { z } from 'zod';
import { ParameterGroup } from './parameter.ts';
import { dataSourceParameters } from './parameters/data-sources.ts';
import { listDefaults } from './parameters/list-defaults.ts';
import {
  address,
  choice,
  choices,
  commaList,
  count,
  fileName,
  headerField,
  onOff,
  path,
  synonyms,
  text,
  word,
} from './value-types.ts';

const group = new ParameterGroup('The list');
const tasks = new ParameterGroup('Tasks');
const later = new ParameterGroup('The list', 'none yet');
const people = new ParameterGroup('Owners and editors');
const peopleLater = new ParameterGroup('Owners and editors', 'none yet');
const smime = new ParameterGroup('S/MIME');
const posts = new ParameterGroup('Posts');
const postsLater = new ParameterGroup('Posts', 'none yet');
const archives = new ParameterGroup('Archives', 'none yet');

/** How a person may be served, in Sympa's words. */
export const receptionModes = [
  'mail',
  'notice',
  'digest',
  'digestplain',
  'summary',
  'nomail',
  'txt',
  'urlize',
  'not_me',
] as const;

export type ReceptionMode = (typeof receptionModes)[number];

/** What a list may be. */
export const listStatuses = ['open', 'pending', 'closed', 'error_config', 'family_closed'] as const;

const onOrOff01 = choice('0', '1');

/** What a data base of Sympa writes into the paragraph of a person. */
const personRecord = {
  info: peopleLater.optional(text, 'A note that only owners see.'),
  visibility: people.value(
    choice('conceal', 'noconceal'),
    'noconceal',
    'Whether `INFO` and `REVIEW` name the person to others than owners and listmasters.',
  ),
  subscribed: peopleLater.value(onOrOff01, '1', 'Whether the person was named by hand.'),
  included: peopleLater.value(onOrOff01, '0', 'Whether the person comes from a data source.'),
  id: peopleLater.optional(word, 'The data source.'),
  date: peopleLater.optional(text, 'When the person was named.'),
  update_date: peopleLater.optional(text, 'When that was last changed.'),
  inclusion: peopleLater.optional(text, 'When the data source was last asked.'),
  inclusion_ext: peopleLater.optional(text, 'When an outside source was last asked.'),
} as const;

const person = {
  email: people.required(address, 'The address.'),
  gecos: people.optional(text, 'The display name.'),
  reception: people.value(
    choice('mail', 'nomail'),
    'mail',
    'With `nomail`, mail to the address behind the role is not forwarded here while another takes it.',
  ),
} as const;

const act = (what: string, looked: ParameterGroup = later) =>
  looked.paragraph(
    {
      email: later.optional(word, 'By whom.'),
      date: later.optional(text, 'When, in words.'),
      date_epoch: looked.optional(count(), 'When.', { unit: 'seconds since 1970' }),
    },
    what,
  );

/** What stands in the `config` of a list alone. */
const listOwnParameters = {
  subject: group.value(text, '', 'What the list is for, in one line.'),
  status: group.value(
    choice(...listStatuses),
    'open',
    'Whether the list works. Only an `open` list takes posts; `ssympa list close` sets `closed`.',
  ),
  topics: later.optional(commaList(word), 'Headings that the list stands under on the web.'),
  owner: people.paragraphs(
    {
      ...person,
      profile: people.value(
        choice('privileged', 'normal'),
        'normal',
        'Whether the owner may close the list, and name other owners.',
      ),
      ...personRecord,
    },
    'An owner: manages subscribers, gets mail to LIST-request. A list has at least one.',
  ),
  editor: people.paragraphs(
    { ...person, ...personRecord },
    'An editor: decides on posts of a moderated list, gets mail to LIST-editor. Without editors the owners are.',
  ),

  unsigned_encrypted: smime.value(
    choice('aead', 'accept', 'reject'),
    'aead',
    'Encrypted posts without a valid signature inside: `aead` takes those whose cipher protects them from changes, `accept` takes all, `reject` none.',
  ),
  seal_downgrade: smime.value(
    onOff,
    'off',
    'Whether a post that came with AES-GCM goes out with AES-CBC to all when a subscriber can read nothing else; else that subscriber waits.',
  ),
  service_mail_encryption: smime.value(
    choice('answers', 'encrypted', 'always'),
    'encrypted',
    'Which mail of the list itself is encrypted, to readers with a usable certificate: `answers` what answers or speaks of something that came encrypted; `encrypted` all of it where the list has a certificate that others encrypt to, else as `answers`; `always` all of it. What tells of missing or ending certificates is never encrypted.',
  ),
  smime_mode: smime.value(
    choice('transparent', 'reencrypt', 'mla'),
    'reencrypt',
    '`reencrypt` opens encrypted posts and seals them for each subscriber; `transparent` passes them as they are. `mla` (the list signs, too) has no effect yet: it works like `reencrypt`.',
  ),
  cafile: smime.optional(
    path,
    'A file of certificates: the anchors for mail to this list. `cafile` or `capath` of a list replaces both of its site.',
  ),
  capath: smime.optional(
    path,
    'A folder of such files. A relative path starts at the folder of `sympa.conf`.',
  ),

  custom_subject: posts.optional(
    text,
    'A tag that is put in square brackets before the Subject; `[%list.name%]` and `[%list.sequence%]` are filled in.',
    { aliases: ['custom-subject'] },
  ),
  custom_header: posts.repeated(
    headerField,
    'A field that the header of every post gets, written `Name: value`; not one that `remove_headers` cannot take out.',
    {
      aliases: ['custom-header'],
    },
  ),
  footer_type: posts.value(
    choice('mime', 'append'),
    'mime',
    'How `message_header` and `message_footer` are added to posts that no signature protects: as a part of their own, or to the text.',
  ),
  anonymous_sender: postsLater.optional(text, 'The From that hides the sender.'),
  reply_to_header: postsLater.paragraph(
    {
      value: postsLater.value(choice('sender', 'list', 'all', 'other_email'), 'sender', 'Where answers go.', {
        aliases: ['reply_to', 'reply-to', 'replyto'],
      }),
      other_email: postsLater.optional(address, 'The address for `other_email`.'),
      apply: postsLater.value(
        choice('forced', 'respect'),
        'respect',
        'Whether a Reply-To of the sender is replaced.',
      ),
    },
    'The Reply-To of posts.',
  ),
  delivery_time: postsLater.optional(text, 'Time of the day at which posts go out.'),
  digest: postsLater.optional(text, 'When digests go out: days of the week and a time.'),
  digest_max_size: postsLater.value(count(1), '25', 'Most posts of a digest.', { unit: 'posts' }),
  available_user_options: group.paragraph(
    {
      reception: group.value(
        synonyms(choices(...receptionModes), { html: 'mail' }),
        receptionModes.join(','),
        'Reception modes that a subscriber may choose. Only `mail`, `not_me` and `nomail` can be chosen yet.',
      ),
    },
    'What subscribers may choose.',
  ),
  default_user_options: group.paragraph(
    {
      reception: group.value(
        synonyms(choice(...receptionModes), { html: 'mail' }),
        'mail',
        'Reception mode of a new subscriber. Only `mail`, `not_me` and `nomail` differ yet.',
      ),
      visibility: group.value(
        choice('conceal', 'noconceal'),
        'noconceal',
        'Whether a new subscriber is shown.',
      ),
    },
    'What a new subscriber starts with.',
  ),
  msg_topic: postsLater.paragraphs(
    {
      name: postsLater.required(word, 'Name of the topic.'),
      keywords: postsLater.optional(text, 'Words that put a post under it.'),
      title: postsLater.required(text, 'Its title.'),
    },
    'A topic of posts.',
  ),
  msg_topic_keywords_apply_on: postsLater.value(
    choice('subject', 'body', 'subject_and_body'),
    'subject',
    'Where the words are looked for.',
  ),
  msg_topic_tagging: postsLater.value(
    choice('required_sender', 'required_moderator', 'optional'),
    'optional',
    'Whether a post must have a topic.',
  ),
  message_hook: postsLater.paragraph(
    {
      pre_distribute: postsLater.optional(word, 'Before a post goes out.'),
      post_archive: postsLater.optional(word, 'After it was archived.'),
    },
    'Perl modules that Sympa calls. This service calls none.',
  ),
  archive_crypted_msg: archives.value(
    choice('original', 'decrypted'),
    'original',
    'How encrypted posts are archived. This service never keeps them in clear.',
  ),
  custom_attribute: later.paragraphs(
    {
      id: later.required(word, 'Its name.'),
      name: later.required(text, 'What it is called on pages.'),
      comment: later.optional(text, 'What it is for.'),
      type: later.value(choice('string', 'text', 'integer', 'enum'), 'string', 'What it holds.'),
      enum_values: later.optional(text, 'The values to choose from.'),
      optional: later.value(choice('required', 'optional'), 'optional', 'Whether it may be empty.'),
    },
    'A value that each subscriber has.',
  ),
  custom_vars: group.paragraphs(
    { name: group.required(word, 'Its name.'), value: group.required(text, 'What it holds.') },
    'A value of the list, for scenarios and templates.',
  ),
  family_name: group.optional(
    word,
    'The family that the list is of: `FAMILY-SIGNOFF` ends the subscriptions on all lists of it.',
  ),
  expire_task: tasks.optional(
    fileName,
    'Version of the task model that ends subscriptions: `yearly`; `none` for none.',
  ),
  latest_instantiation: act('When the family last made the list.'),
  creation: act('Who made the list.', group),
  update: act('Who last changed this file.'),
  serial: later.value(count(), '0', 'How often this file was changed.'),
} as const;

/** Every parameter of a list's `config`; those with the name of a site parameter start from the value of the site. */
export const listSchema = z.strictObject({ ...listOwnParameters, ...listDefaults, ...dataSourceParameters });

/** What the `config` of a list says, defaults and the values of the site filled in. */
export type ListParameters = Readonly<z.output<typeof listSchema>>;

/** Parameters that Sympa itself gave up: a file with them loads, and nothing comes of them. */
export const retiredListParameters: readonly string[] = [
  'account',
  'export',
  'forced_reply_to',
  'forced_reply-to',
  'forced_replyto',
  'host',
];

/** The names that a list and its site share. */
export const inheritedNames: readonly string[] = Object.keys(listDefaults);
