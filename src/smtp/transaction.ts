import type { SmtpTimeouts } from './connection.ts';
import type { SmtpReply } from './reply-reader.ts';
import type { SmtpSession } from './session.ts';
import type { OutgoingCopy, RecipientReply } from './transport.ts';

const encoder = new TextEncoder();
const finalDot = encoder.encode('.\r\n');

/** Tells why a copy cannot go to this server at all; nothing is ever down-converted (RFC 6152 §3, RFC 6531 §3.6). */
export function unsuitable(
  { extensions }: SmtpSession,
  copy: OutgoingCopy,
): Omit<RecipientReply, 'recipient'> | undefined {
  const permanent = { status: 'permanent', code: 554 } as const;
  if (copy.smtputf8 && !extensions.smtpUtf8)
    return { ...permanent, enhanced: '5.6.7', text: 'the mail server takes no internationalized mail' };
  if (copy.eightBit && !extensions.eightBitMime)
    return { ...permanent, enhanced: '5.6.3', text: 'the mail server takes no 8-bit content' };
  if (extensions.size !== undefined && copy.size > extensions.size)
    return {
      ...permanent,
      code: 552,
      enhanced: '5.3.4',
      text: 'the mail server takes no message of this size',
    };
  return undefined;
}

/**
 * Runs one mail transaction. Commands go out together where the server allows it (RFC 2920).
 *
 * @param lmtp one reply for each accepted recipient after the data (RFC 2033 §4.2)
 * @param onReply called for each recipient as soon as its fate is known
 * @throws SmtpError when the connection fails; those not told by `onReply` have no final reply then
 */
export async function runTransaction(
  session: SmtpSession,
  copy: OutgoingCopy,
  timeouts: SmtpTimeouts,
  lmtp: boolean,
  onReply: (reply: RecipientReply) => void,
): Promise<void> {
  const accepted = await announce(session, copy, timeouts, onReply);
  if (accepted === undefined) return;
  const { connection } = session;
  if (accepted.length === 0) {
    // The server may have opened the data for nobody (RFC 2920 §3.1): an empty message ends it.
    await connection.write([finalDot]);
    await connection.reply(timeouts.dataMs);
    return;
  }
  await connection.write([...copy.pieces, finalDot]);
  if (!lmtp) {
    const reply = await connection.reply(timeouts.dataMs);
    for (const recipient of accepted) onReply(told(recipient, reply));
    return;
  }
  for (const recipient of accepted) onReply(told(recipient, await connection.reply(timeouts.dataMs)));
}

/** Sends MAIL, RCPT and DATA; gives the accepted recipients, or `undefined` when the server opened no data. */
async function announce(
  session: SmtpSession,
  copy: OutgoingCopy,
  timeouts: SmtpTimeouts,
  onReply: (reply: RecipientReply) => void,
): Promise<readonly string[] | undefined> {
  const { connection, extensions } = session;
  const commands = [
    mailCommand(session, copy),
    ...copy.recipients.map((one) => `RCPT TO:<${one}>\r\n`),
    'DATA\r\n',
  ];
  const replies: SmtpReply[] = [];
  if (extensions.pipelining) {
    const waiting = commands.map(() => connection.reply(timeouts.replyMs));
    // All are awaited below; until then a failure of one must not count as nobody's.
    for (const reply of waiting) reply.catch(() => undefined);
    await connection.write([commands.join('')]);
    for (const reply of waiting) replies.push(await reply);
  } else {
    for (const command of commands) {
      if (command.startsWith('DATA') && !replies.slice(1).some(isGood)) break;
      await connection.write([command]);
      replies.push(await connection.reply(timeouts.replyMs));
      if (replies.length === 1 && !isGood(replies[0]!)) break;
    }
  }
  return sortOut(copy, replies, onReply, connection.write.bind(connection), () =>
    connection.reply(timeouts.replyMs),
  );
}

async function sortOut(
  copy: OutgoingCopy,
  replies: readonly SmtpReply[],
  onReply: (reply: RecipientReply) => void,
  write: (pieces: readonly string[]) => Promise<void>,
  reply: () => Promise<SmtpReply>,
): Promise<readonly string[] | undefined> {
  const [mail, ...rest] = replies;
  const data = rest[copy.recipients.length];
  const open = data !== undefined && data.code === 354;
  const accepted: string[] = [];
  for (const [i, recipient] of copy.recipients.entries()) {
    const own = isGood(mail!) ? rest[i]! : mail!;
    if (!isGood(own)) onReply(told(recipient, own));
    else if (open) accepted.push(recipient);
    else onReply(told(recipient, data ?? own));
  }
  if (open) return accepted;
  await write(['RSET\r\n']);
  await reply();
  return undefined;
}

function mailCommand({ extensions }: SmtpSession, copy: OutgoingCopy): string {
  const parameters = [
    extensions.size === undefined ? '' : ` SIZE=${copy.size}`,
    copy.eightBit && extensions.eightBitMime ? ' BODY=8BITMIME' : '',
    copy.smtputf8 ? ' SMTPUTF8' : '',
  ];
  return `MAIL FROM:<${copy.envelopeSender}>${parameters.join('')}\r\n`;
}

function isGood(reply: SmtpReply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

function told(recipient: string, { code, enhanced, text }: SmtpReply): RecipientReply {
  const status = code >= 200 && code < 300 ? 'sent' : code >= 500 ? 'permanent' : 'temporary';
  return { recipient, status, code, enhanced, text };
}
