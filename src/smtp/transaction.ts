import type { SmtpTimeouts } from './connection.ts';
import type { SmtpReply } from './reply-reader.ts';
import type { SmtpSession } from './session.ts';
import type { OutgoingCopy, RecipientReply } from './transport.ts';

const finalDot = new TextEncoder().encode('.\r\n');

/** Tells why a copy cannot go to this server at all. */
export function unsuitable(
  { extensions }: SmtpSession,
  copy: OutgoingCopy,
): Omit<RecipientReply, 'recipient'> | undefined {
  const permanent = { status: 'permanent', code: 554 } as const;
  // RFC 6531 §3.6: nothing is down-converted, a signature would break.
  if (copy.smtputf8 && !extensions.smtpUtf8)
    return { ...permanent, enhanced: '5.6.7', text: 'the mail server takes no internationalized mail' };
  // RFC 6152 §3: the same for 8-bit content.
  if (copy.eightBit && !extensions.eightBitMime)
    return { ...permanent, enhanced: '5.6.3', text: 'the mail server takes no 8-bit content' };
  const tooLarge = 'the mail server takes no message of this size';
  if (extensions.size !== undefined && extensions.size > 0 && copy.size > extensions.size)
    return { ...permanent, code: 552, enhanced: '5.3.4', text: tooLarge };
  return undefined;
}

/** What a transaction works with. */
export interface TransactionParts {
  readonly session: SmtpSession;
  readonly copy: OutgoingCopy;
  readonly timeouts: SmtpTimeouts;
  /** One reply for each accepted recipient after the data (RFC 2033 §4.2). */
  readonly lmtp: boolean;
  /** Takes the reply of each recipient, by its place in the copy, as soon as its fate is known. */
  readonly replies: (RecipientReply | undefined)[];
}

/**
 * Runs one mail transaction. Commands go out together where the server allows it (RFC 2920).
 *
 * @throws SmtpError when the connection fails; who has no reply then has no final one
 */
export async function runTransaction(parts: TransactionParts): Promise<void> {
  const { session, copy, timeouts, lmtp } = parts;
  const { connection, extensions } = session;
  const commands = commandsOf(session, copy);
  const said = extensions.pipelining ? await pipelined(parts, commands) : await oneByOne(parts, commands);
  const accepted = acceptedBy(parts, said);
  if (accepted === undefined) {
    await connection.command('RSET\r\n');
    return;
  }
  if (accepted.length === 0) {
    // RFC 2920 §3.1: the server may have opened the data for nobody; an empty message ends it.
    await connection.writeThenReply([finalDot], timeouts.dataMs);
    return;
  }
  if (!lmtp) {
    const reply = await connection.writeThenReply([...copy.pieces, finalDot], timeouts.dataMs);
    for (const place of accepted) tell(parts, place, reply, 'copy');
    return;
  }
  await connection.write([...copy.pieces, finalDot]);
  for (const place of accepted) tell(parts, place, await connection.reply(timeouts.dataMs), 'recipient');
}

function commandsOf({ extensions }: SmtpSession, copy: OutgoingCopy): readonly string[] {
  const parameters = [
    extensions.size === undefined ? '' : ` SIZE=${copy.size}`,
    copy.eightBit ? ' BODY=8BITMIME' : '',
    copy.smtputf8 ? ' SMTPUTF8' : '',
  ];
  const mail = `MAIL FROM:<${copy.envelopeSender}>${parameters.join('')}\r\n`;
  return [mail, ...copy.recipients.map((one) => `RCPT TO:<${one}>\r\n`), 'DATA\r\n'];
}

async function pipelined(
  { session, timeouts }: TransactionParts,
  commands: readonly string[],
): Promise<readonly SmtpReply[]> {
  const { connection } = session;
  const waiting = commands.map(() => connection.reply(timeouts.replyMs));
  // All are awaited below; until then a failure of one must not count as nobody's.
  for (const reply of waiting) reply.catch(() => undefined);
  await connection.write([commands.join('')]);
  return Promise.all(waiting);
}

/** Stops where the next command makes no sense; a recipient then has no reply of its own. */
async function oneByOne(
  { session }: TransactionParts,
  commands: readonly string[],
): Promise<readonly SmtpReply[]> {
  const replies: SmtpReply[] = [];
  for (const command of commands) {
    const isData = replies.length === commands.length - 1;
    if (isData && !replies.slice(1).some(isGood)) break;
    replies.push(await session.connection.command(command));
    if (replies.length === 1 && !isGood(replies[0]!)) break;
  }
  return replies;
}

/** Sorts the replies to MAIL, RCPT and DATA: places of the accepted, `undefined` when the server opened no data. */
function acceptedBy(
  parts: TransactionParts,
  [mail, ...rest]: readonly SmtpReply[],
): readonly number[] | undefined {
  const { recipients } = parts.copy;
  const data = rest[recipients.length];
  const open = data?.code === 354;
  const accepted: number[] = [];
  for (const place of recipients.keys()) {
    const own = isGood(mail!) ? rest[place]! : mail!;
    if (!isGood(own)) tell(parts, place, own, own === mail ? 'copy' : 'recipient');
    else if (open) accepted.push(place);
    // Whatever number stands there, without data nothing was sent.
    else {
      const refusal = data && data.code >= 400 ? data : { ...own, code: 451, enhanced: '4.5.0' };
      tell(parts, place, refusal, 'copy');
    }
  }
  return open ? accepted : undefined;
}

function isGood(reply: SmtpReply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

function tell(
  { copy, replies }: TransactionParts,
  place: number,
  reply: SmtpReply,
  answers: 'recipient' | 'copy',
): void {
  const { code, enhanced, text } = reply;
  const status = isGood(reply) ? 'sent' : code >= 500 ? 'permanent' : 'temporary';
  replies[place] = { recipient: copy.recipients[place]!, status, code, enhanced, text, answers };
}
