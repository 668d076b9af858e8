import { ParameterGroup } from '../parameter.ts';
import {
  choice,
  commaList,
  duration,
  fileName,
  host,
  onOff,
  pattern,
  text,
  word,
  words,
} from '../value-types.ts';

const group = new ParameterGroup('Who may do what');
const later = new ParameterGroup('Who may do what', 'none yet');
const siteOnly = { siteOnly: true } as const;

/** Who may do what beyond one list. */
export const privilegeParameters = {
  create_list: group.value(fileName, 'public_listmaster', 'Scenario that decides who may make a list.'),
  global_remind: group.value(
    fileName,
    'listmaster',
    'Scenario that decides who may remind all lists.',
    siteOnly,
  ),
  move_user: group.value(fileName, 'auth', 'Scenario that decides who may change an address.'),
  family_signoff: group.value(fileName, 'auth', 'Scenario that decides who may leave a family of lists.'),
  use_blocklist: group.value(
    words,
    'send,create_list',
    'Functions that look into `blocklist.txt` first; `none` for none.',
    { aliases: ['use_blacklist'] },
  ),
  search_filters_cache: group.value(
    duration,
    '1h',
    'How long an answer of a directory or database to a named filter is kept; 0 for not at all.',
  ),
  domains_blocklist: later.optional(commaList(word), 'Domains whose addresses may not subscribe.', {
    ...siteOnly,
    aliases: ['domains_blacklist'],
  }),
  allow_subscribe_if_pending: later.value(onOff, 'on', 'Whether lists that are not open take subscribers.'),
  quiet_subscription: later.value(
    choice('on', 'optional', 'off'),
    'optional',
    'Whether subscribing sends no notice.',
    siteOnly,
  ),
  list_check_suffixes: group.value(
    commaList(word),
    'request,owner,editor,unsubscribe,subscribe',
    'Suffixes that no name of a list may end with, a hyphen before.',
  ),
  prohibited_listnames: group.optional(
    commaList(word),
    'Names that no list may have; `*` stands for any characters.',
    siteOnly,
  ),
  prohibited_listnames_regex: later.optional(pattern, 'Names that no list may have, as a pattern.', siteOnly),
  list_check_smtp: later.optional(host, 'The server that is asked whether an address is taken.'),
  list_check_helo: later.optional(host, 'The name that is given to it.'),
  automatic_list_feature: later.value(onOff, 'off', 'Whether mail may make a list.'),
  automatic_list_removal: later.value(
    choice('none', 'if_empty'),
    'none',
    'What becomes of such a list without subscribers.',
  ),
  automatic_list_creation: later.value(fileName, 'public', 'Scenario that decides whose mail may.'),
  automatic_list_families: later.optional(text, 'The families of such lists.'),
  parsed_family_files: later.value(
    commaList(word),
    'message_header,message_header.mime,message_footer,message_footer.mime,info',
    'Files of a family that are filled in.',
  ),
} as const;
