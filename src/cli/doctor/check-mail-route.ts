import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Site } from '../../config/site.ts';
import { type Finding, fine, problem } from './finding.ts';

const check = 'mail route';
const waitMs = 10_000;
const maxReplyBytes = 16_384;

/** Checks that mail can go out: the relay greets and answers EHLO, or the sendmail program is there. */
export async function checkMailRoute({ conf }: Site): Promise<readonly Finding[]> {
  const { smtp_relay: relay, sendmail } = conf;
  if (relay === 'none') return [await checkSendmail(sendmail)];
  try {
    const { greeting, extensions } = await greet(new URL(relay), conf.domain);
    return [fine(check, `${relay} answers "${greeting}", offers ${extensions.join(', ') || 'no extension'}`)];
  } catch (error) {
    const why =
      error instanceof RouteError
        ? error.message
        : ((error as NodeJS.ErrnoException).code ?? 'no connection');
    return [problem(check, `${relay} does not take mail: ${why}`, 'start the MTA, or set smtp_relay')];
  }
}

async function checkSendmail(sendmail: string): Promise<Finding> {
  try {
    await access(sendmail, constants.X_OK);
    return fine(check, `mail goes out through ${sendmail}`);
  } catch {
    return problem(check, `${sendmail} is no program that this user may run`, 'set sendmail, or smtp_relay');
  }
}

class RouteError extends Error {}

interface Greeting {
  readonly greeting: string;
  readonly extensions: readonly string[];
}

/** Speaks just so much SMTP as shows that somebody listens. RFC 5321 §3.1, §4.1.1.1. */
async function greet(url: URL, helloName: string): Promise<Greeting> {
  const port = Number(url.port || (url.protocol === 'smtps:' ? 465 : 25));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const socket =
    url.protocol === 'smtps:' ? connectTls({ host, port, servername: host }) : connect({ host, port });
  socket.setTimeout(waitMs, () =>
    socket.destroy(new RouteError(`no answer within ${waitMs / 1_000} seconds`)),
  );
  socket.setEncoding('latin1');
  try {
    const replies = repliesOf(socket);
    const hello = await nextReply(replies, '220');
    socket.write(`EHLO ${helloName}\r\n`);
    const answer = await nextReply(replies, '250');
    socket.write('QUIT\r\n');
    return {
      greeting: hello[0]!.slice(4, 84),
      extensions: answer.slice(1).map((line) => line.slice(4).split(' ', 1)[0]!),
    };
  } finally {
    socket.destroy();
  }
}

async function nextReply(
  replies: AsyncGenerator<readonly string[]>,
  code: string,
): Promise<readonly string[]> {
  const { value, done } = await replies.next();
  if (done) throw new RouteError('the connection was closed');
  const first = (value as readonly string[])[0]!;
  if (!first.startsWith(code)) throw new RouteError(`the reply is "${first.slice(0, 80)}"`);
  return value as readonly string[];
}

/** Gives whole replies: lines up to the one whose code is followed by a blank. RFC 5321 §4.2.1. */
async function* repliesOf(socket: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let text = '';
  let lines: string[] = [];
  for await (const piece of socket) {
    text += piece;
    if (text.length > maxReplyBytes) throw new RouteError('the reply does not end');
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end).replace(/\r$/, '');
      text = text.slice(end + 1);
      lines.push(line);
      if (line[3] === '-' && lines.length < 100) continue;
      yield lines;
      lines = [];
    }
  }
}
