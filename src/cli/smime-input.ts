import type { Command } from 'commander';
import { messageFromFile } from '../smime/message-input.ts';
import { type OpenedMessage, openMessage } from '../smime/open-message.ts';
import type { CliIo } from './io.ts';
import { readInput } from './read-input.ts';
import { withConf } from './site-options.ts';
import { type KeyOptions, readAllKeys, withKeys } from './smime-keys.ts';
import { readTrustInputs, type TrustOptions, withTrustInputs } from './trust-inputs.ts';

/** Options of the commands that open a message. */
export interface OpenCommandOptions extends TrustOptions, KeyOptions {
  readonly legacy?: boolean;
}

/** Adds the options of {@link OpenCommandOptions} to a command. */
export function withOpenOptions(command: Command): Command {
  return withConf(withKeys(withTrustInputs(command)))
    .option('--list <list>', 'open with the keys of this list, and judge by its anchors')
    .option('--legacy', 'read 3DES, RC2, SHA-1 and short keys as well');
}

/**
 * Opens the message of a file, or a bare CMS, for diagnosis: whatever could be opened is.
 *
 * @throws SmimeError `not-a-message`, MimeError where the file is no message
 */
export async function openFile(io: CliIo, file: string, options: OpenCommandOptions): Promise<OpenedMessage> {
  const { atMs, ...trust } = await readTrustInputs(io, options);
  const keys = await readAllKeys(io, options);
  const raw = messageFromFile(await readInput(io, file));
  return openMessage(raw, {
    ...keys,
    trust,
    atMs,
    legacy: options.legacy ?? false,
  });
}
