import { SmtpError } from './error.ts';

/** One reply of a mail server (RFC 5321 §4.2). */
export interface SmtpReply {
  readonly code: number;
  /** Enhanced status code such as `5.1.1`, empty where there is none (RFC 2034). */
  readonly enhanced: string;
  /** One line without control characters. */
  readonly text: string;
  /** What stands behind the code, line by line. */
  readonly lines: readonly string[];
}

const maxLineBytes = 4_096;
const maxReplyLines = 128;

/** Puts the bytes of a connection together to replies; bounded, whatever the peer sends. */
export class ReplyReader {
  #rest = '';
  #lines: string[] = [];

  /** True between two replies. */
  get isEmpty(): boolean {
    return this.#rest === '' && this.#lines.length === 0;
  }

  /**
   * Takes bytes and gives the replies that they complete.
   *
   * @throws SmtpError `peer-babbles`
   */
  push(bytes: Uint8Array): readonly SmtpReply[] {
    const text =
      this.#rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const lines = text.split('\n');
    this.#rest = lines.pop()!;
    if (this.#rest.length > maxLineBytes) throw babble();
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #line(line: string): readonly SmtpReply[] {
    const isReplyLine = line.length <= maxLineBytes && /^[2-5][0-9]{2}(?:[ -]|$)/.test(line);
    // RFC 5321 §4.2.1: every line of a reply has the same code.
    const goesOn = this.#lines.length === 0 || this.#lines[0]!.slice(0, 3) === line.slice(0, 3);
    if (!isReplyLine || !goesOn || this.#lines.length >= maxReplyLines) throw babble();
    this.#lines.push(line);
    if (line[3] === '-') return [];
    const reply = replyOf(this.#lines);
    this.#lines = [];
    return [reply];
  }
}

function replyOf(lines: readonly string[]): SmtpReply {
  const texts = lines.map((line) => printable(line.slice(4)));
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(texts.at(-1)!)?.[1] ?? '';
  const text = texts
    .map((one) => (enhanced !== '' && one.startsWith(enhanced) ? one.slice(enhanced.length).trim() : one))
    .join(' ');
  return { code: Number(lines[0]!.slice(0, 3)), enhanced, text, lines: texts };
}

/** RFC 6531 §3.7.4.1: the text of a reply may be UTF-8. What could disturb a log or a report becomes a blank. */
function printable(latin1: string): string {
  return Buffer.from(latin1, 'latin1')
    .toString('utf8')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}

function babble(): SmtpError {
  return new SmtpError('peer-babbles', 'the mail server sent something that is no reply');
}
