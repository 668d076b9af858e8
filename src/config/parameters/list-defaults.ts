import { ParameterGroup } from '../parameter.ts';
import {
  choice,
  choices,
  commaList,
  count,
  fileName,
  onOff,
  path,
  pattern,
  percent,
  priority,
  secret,
  size,
  synonyms,
  text,
  word,
  words,
} from '../value-types.ts';

const lists = new ParameterGroup('Lists');
const listsLater = new ParameterGroup('Lists', 'none yet');
const rights = new ParameterGroup('Who may do what');
const rightsLater = new ParameterGroup('Who may do what', 'none yet');
const archives = new ParameterGroup('Archives');
const archivesLater = new ParameterGroup('Archives', 'none yet');
const bounces = new ParameterGroup('Bounces');
const bouncesLater = new ParameterGroup('Bounces', 'none yet');
const dkim = new ParameterGroup('DKIM, ARC and DMARC', 'none yet');
const webLater = new ParameterGroup('Web interface', 'none yet');

const days = { unit: 'days' } as const;
const seconds = { unit: 'seconds' } as const;
const points = { unit: 'points' } as const;
const kilobytes = { unit: 'kilobytes' } as const;

const bouncerAction = choice('remove_bouncers', 'notify_bouncers', 'none');
const whoIsTold = choice('none', 'owner', 'listmaster');

/**
 * What stands in `sympa.conf` and `robot.conf` as the default of lists, and in the `config` of a list under the same
 * name.
 */
export const listDefaults = {
  lang: lists.value(word, 'en-US', 'Language of service mail when the recipient chose none.'),
  max_size: lists.value(size, '5242880', 'Largest post that is distributed, as received.', {
    unit: 'bytes',
    aliases: ['max-size'],
  }),
  max_list_members: lists.value(count(), '0', 'Most subscribers of a list; 0 for no limit.', {
    aliases: ['default_max_list_members'],
  }),
  priority: listsLater.value(priority, '5', 'Priority of posts.', { aliases: ['default_list_priority'] }),
  reject_mail_from_automates_feature: lists.value(
    onOff,
    'on',
    'Whether posts that a machine made (Auto-Submitted and the like) are dropped.',
  ),
  loop_prevention_regex: lists.value(
    pattern,
    'mailer-daemon|sympa|listserv|majordomo|smartlist|mailman',
    'Senders whose local part it matches are taken for machines.',
  ),
  remove_headers: lists.value(
    words,
    'X-Sympa-To,X-Family-To,Return-Receipt-To,Precedence,X-Sequence,Disposition-Notification-To,Sender',
    'Fields that are taken out of the header of a post before the list adds its own; `none` for none. From, Date, Message-ID, X-Loop and MIME fields always stay, and nothing inside a signature changes.',
  ),
  remove_outgoing_headers: lists.value(
    words,
    'none',
    'Fields that are taken out of the header of a post after the list added its own, under the same rule; `none` for none.',
  ),
  rfc2369_header_fields: lists.value(
    choices('help', 'subscribe', 'unsubscribe', 'post', 'owner', 'archive'),
    'help,subscribe,unsubscribe,post,owner,archive',
    'List fields (RFC 2369) that posts carry. List-Id (RFC 2919) is always there.',
  ),
  anonymous_header_fields: listsLater.value(
    commaList(word),
    'Authentication-Results,Disposition-Notification-To,DKIM-Signature,Injection-Info,Organisation,Organization,Original-Recipient,Originator,Path,Received,Received-SPF,Reply-To,Resent-Reply-To,Return-Receipt-To,X-Envelope-From,X-Envelope-To,X-Sender,X-X-Sender',
    'Fields that are taken out of the posts of a list with `anonymous_sender`.',
    { siteOnly: true },
  ),
  personalization_feature: listsLater.value(
    onOff,
    'off',
    'Whether posts may hold fields that are filled in for each subscriber.',
    {
      aliases: ['merge_feature'],
    },
  ),
  personalization: listsLater.paragraph(
    {
      web_apply_on: listsLater.value(
        choice('none', 'footer', 'all'),
        'footer',
        'Where fields are filled in, for posts from the web.',
      ),
      mail_apply_on: listsLater.value(
        choice('none', 'footer', 'all'),
        'none',
        'Where fields are filled in, for posts by mail.',
      ),
    },
    'What is filled in for each subscriber.',
  ),
  clean_delay_queuemod: lists.value(count(), '30', 'How long a post waits for an editor.', days),
  pictures_feature: webLater.value(onOff, 'on', 'Whether subscribers may have a picture.'),
  cookie: listsLater.optional(secret, 'Secret of old Sympa sites; this service makes its own.'),

  send: rights.value(fileName, 'private', 'Scenario that decides on posts.'),
  visibility: rights.value(
    synonyms(fileName, { public: 'noconceal', private: 'conceal' }),
    'conceal',
    'Scenario that decides who sees the list.',
  ),
  info: rights.value(fileName, 'open', 'Scenario that decides who reads the description of the list.'),
  subscribe: rights.value(fileName, 'open', 'Scenario that decides who may subscribe.', {
    aliases: ['subscription'],
  }),
  add: rights.value(fileName, 'owner', 'Scenario that decides who may add a subscriber.'),
  unsubscribe: rights.value(fileName, 'open', 'Scenario that decides who may unsubscribe.', {
    aliases: ['unsubscription'],
  }),
  del: rights.value(fileName, 'owner', 'Scenario that decides who may delete a subscriber.'),
  invite: rights.value(fileName, 'private', 'Scenario that decides who may invite.'),
  remind: rights.value(fileName, 'owner', 'Scenario that decides who may send reminders.'),
  review: rights.value(
    synonyms(fileName, { open: 'public' }),
    'owner',
    'Scenario that decides who may see the subscribers.',
  ),
  owner_domain: rightsLater.optional(text, 'Domains that owners must be of, with blanks between.'),
  owner_domain_min: rightsLater.value(count(), '0', 'How many owners must be of these domains; 0 for all.'),
  shared_doc: rightsLater.paragraph(
    {
      d_read: rightsLater.value(fileName, 'private', 'Scenario that decides who may read documents.', {
        aliases: ['d_read'],
      }),
      d_edit: rightsLater.value(fileName, 'owner', 'Scenario that decides who may change documents.', {
        aliases: ['d_edit'],
      }),
      quota: rightsLater.optional(count(), 'Most space of the documents of a list.', {
        ...kilobytes,
        aliases: ['default_shared_quota'],
      }),
    },
    'Shared documents.',
  ),

  process_archive: archives.value(
    onOff,
    'off',
    'Whether posts are archived, each as it was received: what came encrypted is kept encrypted. `X-No-Archive: yes` or `Archive: no` in a post keeps it out.',
  ),
  archive: archives.paragraph(
    {
      web_access: archivesLater.value(
        fileName,
        'closed',
        'Scenario that decides who reads the archive on the web.',
        {
          aliases: ['archive_web_access', 'web_archive.access'],
        },
      ),
      mail_access: archives.value(
        synonyms(fileName, { open: 'public' }),
        'closed',
        'Scenario that decides who gets archived posts by mail.',
        { aliases: ['archive_mail_access', 'archive.access'] },
      ),
      quota: archivesLater.optional(count(), 'Most space of an archive.', {
        ...kilobytes,
        aliases: ['default_archive_quota', 'web_archive.quota'],
      }),
      max_month: archives.optional(
        count(),
        'How many months before this one stay in the archive; 0 for all.',
        {
          unit: 'months',
          aliases: ['web_archive.max_month'],
        },
      ),
      period: archivesLater.optional(text, 'Unit of time that archives are split by.'),
    },
    'The archive of a list.',
  ),
  web_archive_spam_protection: archivesLater.value(
    synonyms(choice('cookie', 'javascript', 'at', 'concealed', 'none'), { gecos: 'concealed' }),
    'cookie',
    'How addresses in archives are kept from robots.',
  ),

  verp_rate: bounces.value(
    percent,
    '0%',
    'Share of recipients of a plain post who get a copy with a return address of their own, so that bounces name them. Encrypted copies always have one.',
  ),
  bounce: bounces.paragraph(
    {
      warn_rate: bounces.value(
        percent,
        '30',
        'Share of bouncing subscribers from which on owners are warned, once a day.',
        {
          aliases: ['bounce_warn_rate'],
        },
      ),
      halt_rate: bounces.value(
        percent,
        '50',
        'Share of bouncing subscribers from which on listmasters are warned, too. The list goes on.',
        {
          aliases: ['bounce_halt_rate'],
        },
      ),
    },
    'Warnings about bounces.',
  ),
  bouncers_level1: bounces.paragraph(
    {
      rate: bounces.value(count(0, 100), '45', 'Score from which on a subscriber is of this level.', {
        ...points,
        aliases: ['default_bounce_level1_rate'],
      }),
      action: bounces.value(
        bouncerAction,
        'notify_bouncers',
        'What is done with them: taken off the list, written to, or nothing.',
      ),
      notification: bounces.value(whoIsTold, 'owner', 'Who is told what was done with whom.'),
    },
    'Subscribers whose mail bounces now and then.',
  ),
  bouncers_level2: bounces.paragraph(
    {
      rate: bounces.value(count(0, 100), '75', 'Score from which on a subscriber is of this level.', {
        ...points,
        aliases: ['default_bounce_level2_rate'],
      }),
      action: bounces.value(
        bouncerAction,
        'remove_bouncers',
        'What is done with them: taken off the list, written to, or nothing.',
      ),
      notification: bounces.value(whoIsTold, 'owner', 'Who is told what was done with whom.'),
    },
    'Subscribers whose mail bounces most of the time.',
  ),
  tracking: bouncesLater.paragraph(
    {
      delivery_status_notification: bouncesLater.value(
        onOff,
        'off',
        'Whether delivery reports are asked for.',
        {
          aliases: ['tracking_delivery_status_notification'],
        },
      ),
      message_disposition_notification: bouncesLater.value(
        choice('on', 'on_demand', 'off'),
        'off',
        'Whether reading reports are asked for.',
        { aliases: ['tracking_message_disposition_notification'] },
      ),
      tracking: bouncesLater.value(fileName, 'owner', 'Scenario that decides who may see the reports.', {
        aliases: ['tracking'],
      }),
      retention_period: bouncesLater.value(count(), '90', 'How long the reports are kept.', {
        ...days,
        aliases: ['tracking_default_retention_period'],
      }),
    },
    'Following what became of a post.',
  ),
  welcome_return_path: bouncesLater.value(
    choice('unique', 'owner'),
    'owner',
    'Return address of the welcome message.',
  ),
  remind_return_path: bouncesLater.value(choice('unique', 'owner'), 'owner', 'Return address of reminders.'),
  remind_task: lists.optional(
    fileName,
    'Version of the task model that sends reminders: `monthly`, `2month`, `3month`, `4month`, `6month`, `9month`, `yearly`; `none` for none.',
    {
      aliases: ['default_remind_task'],
    },
  ),

  inclusion_notification_feature: listsLater.value(
    onOff,
    'off',
    'Whether those who come from a data source are told.',
  ),
  sql_fetch_timeout: lists.value(count(), '300', 'How long a query of a data source may take.', {
    ...seconds,
    aliases: ['default_sql_fetch_timeout'],
  }),
  ttl: lists.value(
    count(),
    '3600',
    'How long the answer of a data source holds; the task `sync_include` runs that often.',
    {
      ...seconds,
      aliases: ['default_ttl'],
    },
  ),
  distribution_ttl: lists.optional(
    count(),
    'How old that answer may be when a post goes out: data sources that were asked longer ago are read first, for at most 20 seconds.',
    seconds,
  ),

  dkim_feature: dkim.value(onOff, 'off', 'Whether posts are signed with DKIM.'),
  dkim_parameters: dkim.paragraph(
    {
      private_key_path: dkim.optional(path, 'The private key.', { aliases: ['dkim_private_key_path'] }),
      selector: dkim.optional(word, 'The selector.', { aliases: ['dkim_selector'] }),
      signer_domain: dkim.optional(word, 'The signing domain.', { aliases: ['dkim_signer_domain'] }),
      signer_identity: dkim.optional(word, 'The signing identity.'),
      header_list: dkim.optional(text, 'The signed fields, with `:` between.', {
        aliases: ['dkim_header_list'],
      }),
    },
    'The DKIM signature.',
  ),
  dkim_signature_apply_on: dkim.value(
    choices(
      'md5_authenticated_messages',
      'smime_authenticated_messages',
      'dkim_authenticated_messages',
      'editor_validated_messages',
      'any',
    ),
    'md5_authenticated_messages,smime_authenticated_messages,dkim_authenticated_messages,editor_validated_messages',
    'Which posts are signed.',
  ),
  arc_feature: dkim.value(onOff, 'off', 'Whether posts are sealed with ARC.'),
  arc_parameters: dkim.paragraph(
    {
      arc_private_key_path: dkim.optional(path, 'The private key; else that of DKIM.', {
        aliases: ['arc_private_key_path'],
      }),
      arc_selector: dkim.optional(word, 'The selector; else that of DKIM.', { aliases: ['arc_selector'] }),
      arc_signer_domain: dkim.optional(word, 'The sealing domain; else that of DKIM.', {
        aliases: ['arc_signer_domain'],
      }),
    },
    'The ARC seal.',
  ),
  dmarc_protection: dkim.paragraph(
    {
      mode: dkim.optional(
        synonyms(
          choices('all', 'dkim_signature', 'dmarc_reject', 'dmarc_any', 'dmarc_quarantine', 'domain_regex'),
          {
            dkim: 'dkim_signature',
            dkim_exists: 'dkim_signature',
            dmarc_exists: 'dmarc_any',
            domain: 'domain_regex',
            domain_match: 'domain_regex',
          },
        ),
        'Which senders are protected.',
        { aliases: ['dmarc_protection_mode'] },
      ),
      domain_regex: dkim.optional(pattern, 'Domains that are protected.', {
        aliases: ['dmarc_protection_domain_regex'],
      }),
      other_email: dkim.optional(text, 'The address that From gets; else that of the list.', {
        aliases: ['dmarc_protection_other_email'],
      }),
      phrase: dkim.value(
        synonyms(
          choice(
            'display_name',
            'name_and_email',
            'name_via_list',
            'name_email_via_list',
            'list_for_email',
            'list_for_name',
          ),
          { name: 'display_name', prefixed: 'list_for_name' },
        ),
        'name_via_list',
        'The display name that From gets.',
        { aliases: ['dmarc_protection_phrase'] },
      ),
    },
    'Changing From where the policy of its domain would have posts refused.',
  ),

  spam_protection: webLater.value(
    choice('at', 'javascript', 'none'),
    'javascript',
    'How addresses on web pages are kept from robots.',
  ),
} as const;
