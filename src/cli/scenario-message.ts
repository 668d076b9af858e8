import type { Site } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { readReceivedMessage } from '../message/received-message.ts';
import { messageVariables, securityOf } from '../message/scenario-variables.ts';
import type { MessageSecurity } from '../scenario/context.ts';
import type { MessageVariables } from '../scenario/context-variables.ts';
import type { CliIo } from './io.ts';
import { readInput } from './read-input.ts';
import { siteOpener } from './site-opener.ts';

/** What a message says to the conditions of a scenario. */
export interface MessageFacts {
  readonly message: MessageVariables;
  readonly security: MessageSecurity;
}

/**
 * Reads a message that a command line names, and opens it with the keys of the list and the trust of the site.
 *
 * @throws MessageError `message-unreadable`
 */
export async function readMessageFacts(
  io: CliIo,
  file: string,
  site: Site,
  list: List | undefined,
): Promise<MessageFacts> {
  const raw = await readInput(io, file);
  const message = readReceivedMessage({
    id: 'explained',
    recipient: list?.address ?? '',
    envelopeSender: '',
    receivedAtMs: io.clock.now(),
    raw,
  });
  const { opened } = await siteOpener(io, site).open(raw, list);
  return { message: messageVariables(message, opened), security: securityOf(opened) };
}
