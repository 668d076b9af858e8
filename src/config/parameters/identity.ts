import { ParameterGroup } from '../parameter.ts';
import { address, commaList, count, domain, text, url, word } from '../value-types.ts';

const group = new ParameterGroup('The site');
const later = new ParameterGroup('The site', 'none yet');

/** Who runs the site and under which names it is reached. */
export const identityParameters = {
  domain: group.required(domain, 'The main mail domain. Lists of other domains have a `robot.conf` each.'),
  listmaster: group.required(
    commaList(address),
    'Addresses of the listmasters. A listmaster of the site has the rights of a listmaster in every domain.',
  ),
  email: group.value(word, 'sympa', 'Local part of the address that takes commands.'),
  listmaster_email: group.value(
    word,
    'listmaster',
    'Local part of the address whose mail is forwarded to the listmasters.',
  ),
  gecos: later.value(text, 'SYMPA', 'Display name of the service in the From of its own mail.'),
  title: group.value(text, 'Mailing lists service', 'Name of the service on its web pages.'),
  wwsympa_url: later.optional(
    url,
    'Where people reach the web interface; without it, mail names no web address.',
  ),
  supported_lang: later.value(
    commaList(word),
    'ca,cs,de,el,en-US,es,et,eu,fi,fr,gl,hu,it,ja,ko,nb,nl,oc,pl,pt-BR,ru,sv,tr,vi,zh-CN,zh-TW',
    'Languages that a person may choose.',
  ),
  custom_robot_parameter: later.repeated(text, 'A value for templates of your own, written `NAME ; VALUE`.'),
  log_level: later.value(count(0, 4), '0', 'How much is logged: 0 the main steps, 2 each step, 3 and 4 all.'),
  syslog: later.value(word, 'LOCAL1', 'Syslog facility. The log of this service goes to standard error.'),
  log_socket_type: later.value(word, 'unix', 'How syslog is reached.'),
  log_facility: later.value(word, 'LOCAL1', 'Syslog facility of the web interface.'),
  umask: later.value(
    word,
    '027',
    'Permission bits that new files never have, as an octal number. This service always uses 027.',
    { siteOnly: true },
  ),
} as const;
