import { describe, expect, it } from 'vitest';
import { automaticOrigin, mayBeAnswered } from './automatic.ts';
import { readReceivedMessage } from './received-message.ts';

function received(fields: readonly string[], envelopeSender = 'alice@example.org') {
  const raw = new TextEncoder().encode(
    ['From: Alice <alice@example.org>', ...fields, '', 'Hello', ''].join('\r\n'),
  );
  return readReceivedMessage({
    id: 'm1',
    recipient: 'board@example.org',
    envelopeSender,
    receivedAtMs: 0,
    raw,
  });
}

const isRobot = (localPart: string) => localPart === 'mailer-daemon';
const origin = (fields: readonly string[], envelopeSender?: string) =>
  automaticOrigin(received(fields, envelopeSender), isRobot);

describe('a message of a machine', () => {
  it.each([
    ['X-Loop: board@example.org', 'loop'],
    ['X-Loop:  BOARD@Example.org ', 'loop'],
    ['X-Loop: other@example.org', undefined],
    ['Auto-Submitted: auto-replied', 'auto-submitted'],
    ['Auto-Submitted: auto-generated; owner-email="x@y.example"', 'auto-submitted'],
    ['Auto-Submitted: no-idea', 'auto-submitted'],
    ['Auto-Submitted: no', undefined],
    ['Auto-Submitted: No (written by hand)', undefined],
    ['Auto-Submitted: no; reason=manual', undefined],
    ['Auto-Submitted:', 'auto-submitted'],
  ])('is known by "%s": %s', (field, expected) => {
    expect(origin([field])).toBe(expected);
  });

  it('is known by any of its Auto-Submitted and X-Loop fields', () => {
    expect(origin(['Auto-Submitted: no', 'Auto-Submitted: auto-replied'])).toBe('auto-submitted');
    expect(origin(['X-Loop: a@example.org', 'X-Loop: board@example.org'])).toBe('loop');
  });

  it('is a bounce when a report comes from the null sender', () => {
    const report = 'Content-Type: multipart/report; report-type=delivery-status; boundary=b';
    expect(origin([report], '')).toBe('bounce');
    expect(origin([report])).toBeUndefined();
  });

  it('is known by the local part of its sender', () => {
    const message = received([]);
    expect(automaticOrigin(message, (localPart) => localPart === 'alice')).toBe('robot-sender');
    expect(automaticOrigin(message, undefined)).toBeUndefined();
  });

  it.each([
    [[], 'alice@example.org', true],
    [[], '', false],
    [['Auto-Submitted: auto-replied'], 'alice@example.org', false],
    [['Precedence: Bulk'], 'alice@example.org', false],
    [['Precedence: list'], 'alice@example.org', false],
    [['Precedence: first-class'], 'alice@example.org', true],
  ])('with %j from <%s> may be answered: %s', (fields, envelopeSender, expected) => {
    expect(mayBeAnswered(received(fields, envelopeSender))).toBe(expected);
  });
});
