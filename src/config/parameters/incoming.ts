import { ParameterGroup } from '../parameter.ts';
import {
  choice,
  commaList,
  count,
  decimal,
  listenAddresses,
  pattern,
  priority,
  word,
} from '../value-types.ts';

const group = new ParameterGroup('Mail coming in');
const later = new ParameterGroup('Mail coming in', 'none yet');
const siteOnly = { siteOnly: true } as const;

/** How mail comes in and what is done with it first. */
export const incomingParameters = {
  lmtp_listen: group.value(
    listenAddresses,
    '127.0.0.1:2424,unix:data/lmtp.sock',
    'Where mail is taken by LMTP. `ssympa queue` uses the first unix socket. Port 0 picks a free one.',
    siteOnly,
  ),
  smtp_listen: group.value(listenAddresses, 'none', 'Where mail is taken by SMTP.', siteOnly),
  sender_headers: later.value(
    commaList(word),
    'From',
    'Fields that name the sender, in the order in which they are asked.',
    siteOnly,
  ),
  misaddressed_commands: group.value(
    choice('reject', 'ignore'),
    'reject',
    'What becomes of a post that looks like a command: its Subject, or the first line of a text of at most five. Of an encrypted post only the Subject outside is looked at.',
    siteOnly,
  ),
  misaddressed_commands_regexp: group.value(
    pattern,
    String.raw`((subscribe\s+(\S+)|unsubscribe\s+(\S+)|signoff\s+(\S+)|set\s+(\S+)\s+(mail|nomail|digest))\s*)`,
    'What such a command begins with; case does not count. No look-around and no back references.',
    siteOnly,
  ),
  incoming_max_count: later.value(count(1), '1', 'Number of posts that are worked on at once.', siteOnly),
  sleep: later.value(count(1), '5', 'How often the incoming spool is looked at; work starts at once here.', {
    ...siteOnly,
    unit: 'seconds',
  }),
  sympa_priority: later.value(priority, '1', 'Priority of commands.'),
  request_priority: later.value(priority, '0', 'Priority of mail to LIST-request.'),
  owner_priority: later.value(priority, '9', 'Priority of bounces to LIST-owner.'),
  loop_command_max: group.value(count(), '200', 'Most reports on commands that one address gets.', siteOnly),
  loop_command_sampling_delay: group.value(count(), '3600', 'Time after which that number is lowered.', {
    ...siteOnly,
    unit: 'seconds',
  }),
  loop_command_decrease_factor: group.value(
    decimal,
    '0.5',
    'What that number is multiplied with then.',
    siteOnly,
  ),
  flood_period: group.value(
    count(1, 86_400),
    '3600',
    'Period in which the mails and requests of the five limits below are counted; then all begin at nothing.',
    { ...siteOnly, unit: 'seconds' },
  ),
  request_mail_max: group.value(
    count(),
    '6',
    'Most keys, invitations and notices that one address gets in a period because somebody asked for something, whoever that was. 0: no limit.',
    siteOnly,
  ),
  request_mail_domain_max: group.value(
    count(),
    '200',
    'The same for all addresses of one domain together, and for what the owners of one list are asked. 0: no limit.',
    siteOnly,
  ),
  request_sender_max: group.value(
    count(),
    '60',
    'Most requests of one sender in a period that nothing but the From field proves. Those that a signature or a key proves are not counted. 0: no limit.',
    siteOnly,
  ),
  answer_mail_max: group.value(
    count(),
    '20',
    'Most answers to posts, and reports that say of no command that it was carried out, that one address gets in a period. 0: no limit.',
    siteOnly,
  ),
  answer_mail_domain_max: group.value(
    count(),
    '500',
    'Most answers to posts and reports on commands that all addresses of one domain together get in a period. 0: no limit.',
    siteOnly,
  ),
  msgid_table_cleanup_ttl: later.value(
    count(),
    '86400',
    'How long a Message-ID is remembered to stop loops.',
    {
      ...siteOnly,
      unit: 'seconds',
    },
  ),
  msgid_table_cleanup_frequency: later.value(count(), '3600', 'How often old ones are forgotten.', {
    ...siteOnly,
    unit: 'seconds',
  }),
} as const;
