import { z } from 'zod';
import type { CertificateRecord } from '../store/certificates.ts';
import type { Repositories } from '../store/store.ts';
import { askAboutCertificate, takeIntoUse } from './certificate-news.ts';
import { type Act, type Situation, siteOperation } from './operation.ts';
import { done, refused, waiting } from './report.ts';

/** The beginning of a SHA-256 in hexadecimal, long enough that nobody makes another certificate for it; colons do not count. */
const fingerprintArgument = z
  .string()
  .max(95)
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{32,64}$/.test(text));

/**
 * Takes a pending certificate of the sender into use. The sender proves it with a signature of the certificate used until
 * now, or with a key that went to the address; a signature of the pending certificate proves nothing here.
 */
export const confirmCertificate = siteOperation({
  word: 'CONFIRM-CERTIFICATE',
  order: ['certificate'],
  governedBy: null,
  needsProof: true,
  arguments: z.strictObject({ certificate: fingerprintArgument }),
  pointless: async ({ certificate }, situation) =>
    (await pendingOf(certificate, situation)) ? undefined : refused('certificate-not-pending'),
  prepare: async ({ certificate }, situation) => {
    const record = await pendingOf(certificate, situation);
    if (!record) return async () => refused('certificate-not-pending');
    const by = await proofOf(situation);
    if (by === undefined) return askForKey(record, situation);
    return async (tx) =>
      (await takeIntoUse(tx, record, { by, domain: situation.robot.domain }, situation.parts))
        ? done('certificate-confirmed', { values: { fingerprint: record.sha256 } })
        : refused('certificate-not-pending');
  },
});

async function pendingOf(
  fingerprint: string,
  { parts, requester }: Situation,
): Promise<CertificateRecord | undefined> {
  const records = await parts.store.certificates.list({ address: requester.sender, status: 'pending' });
  return records.find(({ sha256 }) => sha256.startsWith(fingerprint));
}

/** Says what proves that the person confirms, for the history of the certificate. */
async function proofOf({ parts, requester }: Situation): Promise<string | undefined> {
  const { sender, confirmedBy, method, signature } = requester;
  if (confirmedBy === sender) return 'a key sent to the address';
  if (method !== 'smime' || signature?.certificate === undefined) return undefined;
  const inUse = await parts.store.certificates.list({ address: sender, status: 'trusted' });
  return inUse.some(({ sha256 }) => sha256 === signature.certificate)
    ? 'a signature of the certificate in use'
    : undefined;
}

function askForKey(record: CertificateRecord, { parts, robot, requester }: Situation): Act {
  return async (tx: Repositories) => {
    if (!(await askAboutCertificate(tx, record, robot.domain, parts))) return refused('too-many-requests');
    return waiting('confirmation-asked', { values: { address: requester.sender } });
  };
}
