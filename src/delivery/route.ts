import type { Site } from '../config/site.ts';
import type { Log } from '../log.ts';
import { smtpTransport } from '../smtp/client.ts';
import { sendmailTransport } from '../smtp/sendmail.ts';
import type { Transport } from '../smtp/transport.ts';

/** Makes the way out that `sympa.conf` names: a relay, or the `sendmail` program where `smtp_relay` is `none`. */
export function transportOf({ conf, robots }: Site, log: Log): Transport {
  if (conf.smtp_relay === 'none') {
    const args = conf.sendmail_args.split(/\s+/).filter((arg) => arg !== '');
    return sendmailTransport({ path: conf.sendmail, args, maxProcesses: conf.maxsmtp, log });
  }
  const helloName = robots[0]!.domain;
  return smtpTransport({ url: conf.smtp_relay, maxConnections: conf.maxsmtp, helloName, log });
}
