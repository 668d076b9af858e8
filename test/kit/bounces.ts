import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../vectors/bounces');

/** Gives a report of `test/vectors/bounces/`, with the line ends of mail and some words replaced. */
export function bounceVector(name: string, replaced: Readonly<Record<string, string>> = {}): Uint8Array {
  let text = readFileSync(join(folder, `${name}.eml`), 'utf8');
  for (const [from, to] of Object.entries(replaced)) text = text.replaceAll(from, to);
  return new Uint8Array(Buffer.from(text.replaceAll('\n', '\r\n')));
}

/** What a delivery report says of one recipient. */
export interface BounceOf {
  readonly address: string;
  readonly status?: string;
  readonly action?: string;
  /** Message-ID of the mail that comes back; left out where nothing of it does. */
  readonly messageId?: string;
}

let made = 0;

/** Makes a delivery report about one recipient; no two are alike. */
export function deliveryReport({
  address,
  status = '5.1.1',
  action = 'failed',
  messageId,
}: BounceOf): Uint8Array {
  const returned = messageId === undefined ? [] : [`Message-ID: ${messageId}`, 'Subject: returned'];
  const lines = [
    'From: MAILER-DAEMON@mx.example.net',
    'Subject: Undelivered Mail Returned to Sender',
    `Message-ID: <report-${++made}@mx.example.net>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'It did not work.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.net',
    '',
    `Final-Recipient: rfc822; ${address}`,
    `Action: ${action}`,
    `Status: ${status}`,
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    ...returned,
    '',
    '--b--',
  ];
  return new Uint8Array(Buffer.from(`${lines.join('\r\n')}\r\n`));
}
