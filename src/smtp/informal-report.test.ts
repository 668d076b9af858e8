import { describe, expect, it } from 'vitest';
import { bounceVector } from '../../test/kit/bounces.ts';
import { parseEntity } from '../mime/entity.ts';
import { informalFailure } from './informal-report.ts';

const daemon = 'mailer-daemon@mx.example.net';

function judge(name: string, replaced: Readonly<Record<string, string>> = {}, from: string | null = daemon) {
  return informalFailure(parseEntity(bounceVector(name, replaced)), from ?? undefined);
}

describe('a report for people', () => {
  it.each([
    ['qmail', '5.1.1'],
    ['exim-old', '5.0.0'],
  ])('of %s is a failure', (name, status) => {
    expect(judge(name)).toBe(status);
  });

  it('is one where an SMTP refusal is quoted', () => {
    expect(judge('qmail', { '(#5.1.1)': 'Remote host said: 550 no such user' })).toBe('5.0.0');
  });

  it('is none where nothing final is named', () => {
    expect(judge('qmail', { '(#5.1.1)': '' })).toBeUndefined();
    expect(judge('qmail', { '#5.1.1': '#4.2.2' })).toBeUndefined();
    expect(judge('exim-old', { 'X-Failed-Recipients': 'X-Other' })).toBeUndefined();
  });

  it('is none where it warns of a delay', () => {
    expect(judge('exim-old-warning')).toBeUndefined();
    expect(judge('exim-old-warning', { 'Warning: message 1qAbCd-0001 delayed': 'About' })).toBeUndefined();
  });

  it('is none where a person, or nobody, wrote it', () => {
    expect(judge('vacation', {}, 'bob@example.net')).toBeUndefined();
    expect(judge('qmail', {}, 'bob@example.net')).toBeUndefined();
    expect(judge('qmail', {}, null)).toBeUndefined();
  });

  it('is none where its text is no plain text', () => {
    expect(judge('qmail', { 'Subject: failure notice': 'Content-Type: text/html' })).toBeUndefined();
  });
});
