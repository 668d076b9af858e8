import { describe, expect, it } from 'vitest';
import { bounceVector } from '../../test/kit/bounces.ts';
import { parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import { parseFeedbackReport } from './feedback-report.ts';

const read = (replaced: Readonly<Record<string, string>> = {}, name = 'feedback') =>
  parseFeedbackReport(parseEntity(bounceVector(name, replaced)));

describe('a feedback report', () => {
  it('names its type, the envelope of the message, and gives its header back', () => {
    const report = read();
    expect(report).toMatchObject({
      type: 'abuse',
      originalMailFrom: 'board-owner@example.org',
      originalRecipient: 'bob@example.net',
    });
    expect(findField(report!.returned!, 'message-id')?.body).toBe('<post-1@example.com>');
  });

  it('may leave the envelope out', () => {
    expect(
      read({ 'Original-Mail-From': 'X', 'Original-Rcpt-To: <bob': 'Original-Rcpt-To: <b ob' }),
    ).toMatchObject({ type: 'abuse', originalMailFrom: undefined, originalRecipient: undefined });
  });

  it('is none without a type, without its part, and where it is a delivery report', () => {
    expect(read({ 'Feedback-Type: abuse': 'Feedback-Type: ' })).toBeUndefined();
    expect(read({ 'message/feedback-report': 'text/plain' })).toBeUndefined();
    expect(read({}, 'postfix')).toBeUndefined();
  });
});
