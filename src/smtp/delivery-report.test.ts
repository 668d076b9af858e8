import { describe, expect, it } from 'vitest';
import { bounceVector, deliveryReport } from '../../test/kit/bounces.ts';
import { parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import { type DeliveryReport, parseDeliveryReport, statusIn } from './delivery-report.ts';

const bob = 'bob@example.net';

function read(raw: Uint8Array): DeliveryReport | undefined {
  return parseDeliveryReport(parseEntity(raw));
}

function returnedId(report: DeliveryReport | undefined): string | undefined {
  return report?.returned && findField(report.returned, 'message-id')?.body;
}

describe('a delivery report', () => {
  it.each([
    ['postfix', '5.1.1'],
    ['exim-dsn', '5.2.2'],
    ['exchange', '5.1.10'],
  ])('of %s names its recipient, the status, and the mail that comes back', (name, status) => {
    const report = read(bounceVector(name));
    expect(report?.recipients).toEqual([{ addresses: [bob], action: 'failed', status }]);
    expect(returnedId(report)).toBe('<post-1@example.com>');
  });

  it('tells of several recipients apart, and of those that are no mail addresses nothing but the status', () => {
    expect(read(bounceVector('several-recipients'))?.recipients).toEqual([
      { addresses: [bob], action: 'failed', status: '5.1.1' },
      { addresses: ['carol@example.net'], action: 'failed', status: '4.4.7' },
      { addresses: ['dave@example.net'], action: 'delayed', status: '4.2.2' },
      { addresses: ['erin@example.net'], action: 'delivered', status: '2.0.0' },
      { addresses: [], action: 'failed', status: '5.1.0' },
    ]);
  });

  it('names addresses beyond ASCII, as they are and as escaped, the one that was written to first', () => {
    const report = read(bounceVector('utf8'));
    expect(report?.recipients[0]?.addresses).toEqual([
      'rené@exemple.example',
      'rené.nouveau@exemple.example',
    ]);
    expect(returnedId(report)).toBe('<post-1@example.com>');
  });

  it('keeps apart what is no failure', () => {
    for (const [name, action] of [
      ['delayed', 'delayed'],
      ['delivered', 'relayed'],
    ] as const)
      expect(read(bounceVector(name))?.recipients).toMatchObject([{ action }]);
  });

  it('may come without the mail, or with one that cannot be read', () => {
    const without = Buffer.from(deliveryReport({ address: bob })).toString();
    expect(returnedId(read(Buffer.from(without)))).toBeUndefined();
    const onlyStatus = without.replace(/--b\r\nContent-Type: text\/rfc822-headers[\s\S]*--b--/, '--b--');
    expect(read(Buffer.from(onlyStatus))).toMatchObject({ recipients: [{ status: '5.1.1' }] });
    expect(read(Buffer.from(onlyStatus))?.returned).toBeUndefined();
    const huge = without.replace('\r\n--b--', `${'x: y\r\n'.repeat(4_100)}\r\n--b--`);
    expect(read(Buffer.from(huge))).toMatchObject({ returned: undefined, recipients: [{ status: '5.1.1' }] });
  });

  it('may be transfer-encoded', () => {
    const report = Buffer.from(deliveryReport({ address: bob, messageId: '<a@b>' })).toString();
    const encoded = report.replace(
      /(Content-Type: (?:message\/delivery-status|text\/rfc822-headers))\r\n\r\n([\s\S]*?)(?=--b)/g,
      (_all, type: string, body: string) =>
        `${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(body).toString('base64')}\r\n`,
    );
    expect(encoded).toContain('base64');
    expect(returnedId(read(Buffer.from(encoded)))).toBe('<a@b>');
    expect(read(Buffer.from(encoded))?.recipients).toMatchObject([{ addresses: [bob], status: '5.1.1' }]);
  });

  it('takes the status out of the diagnostic where it has no other, and a general one where there is none', () => {
    const about = (lines: string) =>
      read(
        Buffer.from(
          Buffer.from(deliveryReport({ address: bob }))
            .toString()
            .replace('Status: 5.1.1', lines),
        ),
      )?.recipients[0]?.status;
    expect(about('Status: unknown\r\nDiagnostic-Code: smtp; 550 5.2.1 disabled')).toBe('5.2.1');
    expect(about('Status: unknown')).toBe('5.0.0');
    expect(about('status:5.1.1')).toBe('5.1.1');
  });

  it('says nothing of a recipient without an action, or with one that there is not', () => {
    expect(read(deliveryReport({ address: bob, action: 'exploded' }))?.recipients).toEqual([]);
    const without = Buffer.from(deliveryReport({ address: bob }))
      .toString()
      .replace('Action: failed', '');
    expect(read(Buffer.from(without))?.recipients).toEqual([]);
  });

  it('is not found in other mail, whatever its text says', () => {
    for (const name of ['qmail', 'exim-old', 'vacation', 'feedback'])
      expect(read(bounceVector(name))).toBeUndefined();
    const mixed = bounceVector('postfix', { 'multipart/report': 'multipart/mixed' });
    expect(read(mixed)).toBeUndefined();
  });

  it('of very many recipients is read as far as the limit', () => {
    const one = 'Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n';
    const many = Buffer.from(deliveryReport({ address: bob }))
      .toString()
      .replace('Final-Recipient', `${one.repeat(3_000)}Final-Recipient`);
    expect(read(Buffer.from(many))?.recipients).toHaveLength(499);
  });
});

describe('an enhanced status code in a text', () => {
  it.each([
    ['550 5.1.1 unknown', '5.1.1'],
    ['550-5.7.26 no', '5.7.26'],
    ['(#4.4.1)', '4.4.1'],
    ['5.1.1.', '5.1.1'],
    ['from 192.5.1.1', undefined],
    ['Exim 4.94.2', undefined],
    ['at 5.1.1.20', undefined],
    ['2.5.1.1', undefined],
    ['3.1.1', undefined],
  ])('%s: %s', (text, status) => {
    expect(statusIn(text)).toBe(status);
  });
});
