import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestSite } from './site.ts';
import type { SmtpSink } from './smtp-sink.ts';

/** The same site under other addresses, as a second node has it. */
export function writeOtherConf(site: TestSite, sink: SmtpSink): string {
  const own: Readonly<Record<string, string>> = {
    lmtp_listen: '127.0.0.1:0',
    smtp_relay: `smtp://127.0.0.1:${sink.port}`,
  };
  const lines = readFileSync(site.confFile, 'utf8').split('\n');
  const file = join(site.dir, 'other-node.conf');
  const changed = lines.map((line) => {
    const [name = ''] = line.split(' ');
    return own[name] === undefined ? line : `${name} ${own[name]}`;
  });
  writeFileSync(file, changed.join('\n'), { mode: 0o600 });
  return file;
}
