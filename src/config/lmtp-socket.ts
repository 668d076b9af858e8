import { dirname, resolve } from 'node:path';
import { readConfigText } from './config-text.ts';
import { ConfigError } from './error.ts';
import { parseListenAddress } from './listen-address.ts';
import { readParameterLines } from './parameter-lines.ts';

/** Where the socket is when `lmtp_listen` is not set; the schema has the same default. */
const defaultSocket = 'data/lmtp.sock';

/**
 * Finds the unix socket of the daemon in `sympa.conf`, and reads nothing else: an MTA's pipe calls this for each message,
 * as a user who may not read the secrets of the site, and loading the whole schema would take longer than the delivery.
 *
 * @returns an absolute path, or `undefined` when `lmtp_listen` names no unix socket
 * @throws ConfigError `config-missing`, `config-unreadable`, `config-too-large`
 */
export async function findLmtpSocket(confFile: string): Promise<string | undefined> {
  const file = resolve(confFile);
  const text = await readConfigText(file);
  if (text === undefined) throw new ConfigError('config-missing', `there is no file ${file}`);
  const { entries } = readParameterLines(text, file);
  const line = entries.find((entry) => entry.name === 'lmtp_listen');
  const addresses = line && 'value' in line ? line.value.split(',') : [`unix:${defaultSocket}`];
  for (const address of addresses.map((one) => parseListenAddress(one.trim())))
    if (address?.kind === 'unix') return resolve(dirname(file), address.path);
  return undefined;
}
