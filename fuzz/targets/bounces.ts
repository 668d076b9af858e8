import { parseEntity } from '../../src/mime/entity.ts';
import { MimeError } from '../../src/mime/error.ts';
import { classOfStatus } from '../../src/smtp/bounce-status.ts';
import { parseDeliveryReport } from '../../src/smtp/delivery-report.ts';
import { parseFeedbackReport } from '../../src/smtp/feedback-report.ts';
import { informalFailure } from '../../src/smtp/informal-report.ts';
import { bounceVector } from '../../test/kit/bounces.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators, mimeMutators } from '../text-mutators.ts';

const seeds = [
  'postfix',
  'exim-dsn',
  'exchange',
  'several-recipients',
  'utf8',
  'qmail',
  'exim-old',
  'feedback',
];

const words = [
  'Final-Recipient: rfc822; bob@example.net\r\n',
  'Original-Recipient: utf-8; ren\\x{E9}@exemple.example\r\n',
  'Action: failed\r\n',
  'Action: delayed\r\n',
  'Status: 5.1.1\r\n',
  'Status: 4.4.7\r\n',
  'Diagnostic-Code: smtp; 550 5.1.1\r\n',
  'Feedback-Type: abuse\r\n',
  'Original-Rcpt-To: <bob@example.net>\r\n',
  'Content-Type: message/delivery-status\r\n',
  'Content-Type: message/global\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  '\\x{110000}',
  '\r\n\r\n',
];

/** What comes to return addresses: reports by the standards and those for people. */
export const bouncesTarget: FuzzTarget = {
  name: 'bounces',
  errors: [MimeError],
  maxInputBytes: 32_768,
  mutators: [...lineMutators, ...mimeMutators, ...byteMutators, wordMutator(words), wordMutator(words)],
  seeds: () => seeds.map((name) => bounceVector(name)),
  run: (input) => {
    const message = parseEntity(input);
    const report = parseDeliveryReport(message);
    for (const { status, addresses } of report?.recipients ?? []) {
      demand(/^[245]\.[0-7]\.\d{1,3}$/.test(status), 'a status is one of RFC 3463');
      demand(
        addresses.every((address) => address.includes('@') && address.length <= 1_000),
        'an address is one, and bounded',
      );
    }
    demand((report?.recipients.length ?? 0) <= 500, 'a report has no more recipients than it may have');
    const feedback = parseFeedbackReport(message);
    if (feedback) demand(/^[a-z0-9-]{1,40}$/.test(feedback.type), 'a type of feedback is one word');
    const status = informalFailure(message, 'mailer-daemon@example.net');
    if (status !== undefined)
      demand(classOfStatus(status)?.isPermanent === true, 'only a final failure is read out of a text');
  },
};
