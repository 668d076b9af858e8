import type { Site } from '../config/site.ts';
import { silentLog } from '../log.ts';
import { ListKeyring } from '../trust/list-keys.ts';
import { MessageOpener } from '../trust/message-opener.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import type { CliIo } from './io.ts';

/** Gives what opens messages for a command line as the daemon does: with the keys of the lists and the trust of the site. */
export function siteOpener({ clock }: Pick<CliIo, 'clock'>, site: Site): MessageOpener {
  return new MessageOpener({
    keyring: new ListKeyring(() => site.conf.key_passwd, silentLog),
    anchors: new SiteTrust(site, silentLog),
    clock,
  });
}
