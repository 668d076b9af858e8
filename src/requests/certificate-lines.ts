import type { Certificate } from '../pki/certificate.ts';
import type { AnswerTexts } from './answer-texts.ts';

/** Says what people compare before they trust a certificate: how long it is valid, and its SHA-256 fingerprint. */
export function certificateLines(
  { sha256, notAfterMs }: Certificate,
  { line }: AnswerTexts,
): readonly string[] {
  const fingerprint = sha256.toUpperCase().match(/../g)!.join(':');
  return [
    line('certificate-until', { date: new Date(notAfterMs).toISOString().slice(0, 10) }),
    line('certificate-fingerprint'),
    fingerprint,
  ];
}
