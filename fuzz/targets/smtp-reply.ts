import { isDeepStrictEqual } from 'node:util';
import { SmtpError } from '../../src/smtp/error.ts';
import { ReplyReader, type SmtpReply } from '../../src/smtp/reply-reader.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { bytesOf } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators } from '../text-mutators.ts';

/** Gives the replies up to the first error, and whether there was one. */
function readIn(pieces: readonly Uint8Array[]): readonly (SmtpReply | 'error')[] {
  const reader = new ReplyReader();
  const replies: (SmtpReply | 'error')[] = [];
  try {
    for (const piece of pieces) replies.push(...reader.push(piece));
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    replies.push('error');
  }
  return replies;
}

/** The reader of a mail server's replies, in one piece, line by line and byte by byte. */
export const smtpReplyTarget: FuzzTarget = {
  name: 'smtp-reply',
  errors: [SmtpError],
  maxInputBytes: 16_384,
  mutators: [
    ...byteMutators,
    ...lineMutators,
    wordMutator(['250', '-', ' ', '\r\n', '5.1.1 ', '\u2028', '250-', '421 ']),
  ],
  seeds: () =>
    [
      '220 mx.example.org ESMTP\r\n',
      '250-mx.example.org\r\n250-SIZE 1000\r\n250 SMTPUTF8\r\n',
      '550 5.1.1 no such user\r\n421 4.3.2 closing\r\n',
      '354 go on\n250\r\n',
    ].map(bytesOf),
  run: (input) => {
    const lines = Buffer.from(input)
      .toString('latin1')
      .split(/(?<=\n)/);
    const byLine = readIn(lines.map((line) => new Uint8Array(Buffer.from(line, 'latin1'))));
    const byByte = readIn([...input].map((byte) => Uint8Array.of(byte)));
    demand(isDeepStrictEqual(byLine, byByte), 'replies do not depend on how their bytes arrive');
    const reader = new ReplyReader();
    const { length } = reader.push(input);
    demand(byLine.length === length, 'replies in one piece are as many as line by line');
  },
};
