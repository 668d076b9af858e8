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
  program,
  text,
  word,
} from '../value-types.ts';

const bounces = new ParameterGroup('Bounces');
const tasks = new ParameterGroup('Tasks');
const tasksLater = new ParameterGroup('Tasks', 'none yet');
const spam = new ParameterGroup('Spam and viruses', 'none yet');
const dkim = new ParameterGroup('DKIM, ARC and DMARC', 'none yet');
const archiving = new ParameterGroup('Archives');
const archives = new ParameterGroup('Archives', 'none yet');
const site = new ParameterGroup('The site', 'none yet');
const siteOnly = { siteOnly: true } as const;
const days = { ...siteOnly, unit: 'days' } as const;
const months = { ...siteOnly, unit: 'months' } as const;

/** Everything else that runs for the whole site. */
export const siteServiceParameters = {
  minimum_bouncing_count: bounces.value(
    count(),
    '10',
    'Bounces from which on a subscriber gets a score.',
    siteOnly,
  ),
  minimum_bouncing_period: bounces.value(
    count(),
    '10',
    'How long there must be between the first and the last of them; less than 8 days counts as 8, since for 7 a bounce is believed that only gives a post back.',
    days,
  ),
  bounce_delay: bounces.value(
    count(),
    '0',
    'How long a bounce is under way as a rule: bounces are compared with the posts of so many days before.',
    days,
  ),
  expire_bounce_task: tasks.value(
    fileName,
    'daily',
    'Version of the task model that forgets old bounces. For this parameter and each that follows, `none` stands for no such task.',
    siteOnly,
  ),
  purge_orphan_bounces_task: tasks.value(
    fileName,
    'monthly',
    'Of the one that forgets bounces of those who left.',
    siteOnly,
  ),
  eval_bouncers_task: tasks.value(
    fileName,
    'daily',
    'Of the one that scores bouncing subscribers.',
    siteOnly,
  ),
  process_bouncers_task: tasks.value(fileName, 'weekly', 'Of the one that acts on scores.', siteOnly),
  purge_tables_task: tasks.value(
    fileName,
    'daily',
    'Of the one that forgets old reports on delivery.',
    siteOnly,
  ),
  purge_spools_task: tasks.value(
    fileName,
    'daily',
    'Of the one that forgets what waited too long.',
    siteOnly,
  ),
  purge_user_table_task: tasks.value(
    fileName,
    'monthly',
    'Of the one that forgets users without subscription.',
    siteOnly,
  ),
  purge_logs_table_task: tasks.value(fileName, 'daily', 'Of the one that forgets old log entries.', siteOnly),
  purge_session_table_task: tasks.value(fileName, 'daily', 'Of the one that ends old sessions.', siteOnly),
  purge_one_time_ticket_table_task: tasks.value(
    fileName,
    'daily',
    'Of the one that forgets old tickets.',
    siteOnly,
  ),
  logs_expiration_period: tasks.value(
    count(),
    '3',
    'How long it is kept what was decided on a message that is settled.',
    months,
  ),
  task_exec_programs: tasks.optional(
    commaList(word),
    'Programs, each by its absolute path, that tasks may run with `exec`. Without it they run none.',
    siteOnly,
  ),
  stats_expiration_period: tasksLater.value(count(), '3', 'How long numbers about lists are kept.', months),

  antispam_feature: spam.value(onOff, 'off', 'Whether a field of a spam filter is looked at.'),
  antispam_tag_header_name: spam.value(word, 'X-Spam-Status', 'Name of that field.'),
  antispam_tag_header_spam_regexp: spam.value(pattern, String.raw`^\s*Yes`, 'What it holds for spam.'),
  antispam_tag_header_ham_regexp: spam.value(pattern, String.raw`^\s*No`, 'What it holds for anything else.'),
  spam_status: spam.value(fileName, 'x-spam-status', 'Scenario that tells spam.'),
  reporting_spam_script_path: spam.optional(path, 'Program that is given what an editor calls spam.'),
  antivirus_path: spam.optional(program, 'Program that looks for viruses.'),
  antivirus_args: spam.optional(text, 'Its options.'),
  antivirus_notify: spam.value(
    choice('sender', 'delivery_status', 'none'),
    'sender',
    'Who is told of a virus.',
  ),

  dkim_add_signature_to: dkim.value(
    choices('robot', 'list'),
    'robot,list',
    'Which service mail is signed with DKIM.',
  ),
  dkim_signer_identity: dkim.optional(word, 'The signing identity of service mail.'),
  arc_srvid: dkim.optional(word, 'Name of the server in Authentication-Results.'),
  remove_dkim_headers: dkim.value(onOff, 'off', 'Whether DKIM signatures of senders are taken out.'),

  ignore_x_no_archive_header_feature: archiving.value(
    onOff,
    'off',
    'Whether `X-No-Archive: yes` and `Archive: no` in a post are not obeyed.',
    siteOnly,
  ),
  custom_archiver: archives.optional(path, 'Program that archives in place of this service.', siteOnly),
  mhonarc: archives.optional(path, 'Program that makes web pages of mail.'),

  legacy_character_support_feature: site.value(
    onOff,
    'off',
    'Whether old character sets are used for service mail.',
    siteOnly,
  ),
} as const;
