import { ParameterGroup } from '../parameter.ts';
import {
  commaList,
  count,
  onOff,
  path,
  priority,
  program,
  size,
  smtpRoute,
  text,
  word,
} from '../value-types.ts';

const group = new ParameterGroup('Mail going out');
const later = new ParameterGroup('Mail going out', 'none yet');
const siteOnly = { siteOnly: true } as const;

/** How mail goes out. */
export const outgoingParameters = {
  smtp_relay: group.value(
    smtpRoute,
    'smtp://127.0.0.1:25',
    'Where mail is handed over; `none` uses the `sendmail` program, one call a recipient.',
    siteOnly,
  ),
  sendmail: group.value(
    program,
    '/usr/sbin/sendmail',
    'The sendmail program, used when `smtp_relay` is `none`.',
    siteOnly,
  ),
  sendmail_args: group.value(
    text,
    '-oi -odi -oem',
    'Its options; the envelope sender and the recipient are put behind them.',
    siteOnly,
  ),
  maxsmtp: group.value(
    count(1, 10_000),
    '40',
    'Most connections to the relay, or sendmail processes, at the same time.',
    siteOnly,
  ),
  nrcpt: group.value(count(1, 10_000), '25', 'Most recipients of one copy of a plain post.', {
    ...siteOnly,
    unit: 'recipients',
  }),
  avg: later.value(count(1), '10', 'Most different domains among the recipients of one copy.', siteOnly),
  bounce_email_prefix: group.value(
    word,
    'bounce',
    'What the local part of a return address of one recipient (VERP) starts with.',
    siteOnly,
  ),
  return_path_suffix: group.value(
    word,
    '-owner',
    'What is put behind the name of a list for the return address of its posts.',
    siteOnly,
  ),
  sympa_packet_priority: later.value(priority, '5', 'Priority of packets that go out.'),
  bulk_fork_threshold: later.value(
    count(),
    '1',
    'Packets that must wait before another worker starts.',
    siteOnly,
  ),
  bulk_max_count: later.value(count(), '3', 'Most workers that send packets.', siteOnly),
  bulk_lazytime: later.value(count(), '600', 'Idle time after which a worker ends.', {
    ...siteOnly,
    unit: 'seconds',
  }),
  bulk_sleep: later.value(count(), '1', 'Pause of a worker that found nothing to do.', {
    ...siteOnly,
    unit: 'seconds',
  }),
  bulk_wait_to_fork: later.value(count(), '10', 'Time between two looks at the number of packets.', {
    ...siteOnly,
    unit: 'seconds',
  }),
  log_smtp: later.value(onOff, 'off', 'Whether each hand-over is logged.'),
  urlize_min_size: later.value(
    size,
    '10240',
    'Attachments from this size on become links in mode `urlize`.',
    {
      unit: 'bytes',
    },
  ),
  allowed_external_origin: later.optional(commaList(word), 'Hosts whose links stay in HTML that is cleaned.'),
  sendmail_aliases: later.optional(
    path,
    'The file of mail aliases. This service needs none: see the guide of your MTA.',
  ),
  aliases_program: later.value(text, 'newaliases', 'The program that makes the alias database.'),
  aliases_wrapper: later.value(onOff, 'on', 'Whether that program is called with more rights.'),
  aliases_db_type: later.value(word, 'hash', 'Type of the alias database.'),
  alias_manager: later.optional(path, 'The program that adds and removes aliases.', siteOnly),
} as const;
