import type { Repositories } from '../store/store.ts';
import { enqueueLookUp, enqueueLookUps } from '../trust/enqueue-look-up.ts';
import { subscribedAnew } from '../trust/user-certificates.ts';
import { askAboutCertificate } from './certificate-news.ts';
import type { RequestParts } from './operation.ts';

/**
 * Does what comes with the first subscription of an address. Who left the last list and comes back may be another person
 * at the same address, so that what was used before is used again only once it is proved again; a message that was signed
 * since proves it. Who has no certificate is looked for in the directory.
 */
export async function beginSubscriptions(
  tx: Repositories,
  address: string,
  domain: string,
  parts: Pick<RequestParts, 'site' | 'certificates' | 'clock' | 'log'>,
): Promise<void> {
  await enqueueLookUp(tx, address, parts.site);
  await beginAgain(tx, address, domain, parts);
}

/** Does the same for all whom a data source brings at once. */
export async function beginInclusions(
  tx: Repositories,
  addresses: readonly string[],
  domain: string,
  parts: Pick<RequestParts, 'site' | 'certificates' | 'clock' | 'log'>,
): Promise<void> {
  await enqueueLookUps(tx, addresses, parts.site);
  for (const address of await tx.subscribers.endedAmong(addresses))
    await beginAgain(tx, address, domain, parts);
}

async function beginAgain(
  tx: Repositories,
  address: string,
  domain: string,
  parts: Pick<RequestParts, 'certificates' | 'clock' | 'log' | 'site'>,
): Promise<void> {
  const leftAt = await tx.subscribers.takeEnd(address);
  if (leftAt === undefined) return;
  await parts.certificates.beginAnew(tx, address, leftAt);
  const waiting = (await tx.certificates.list({ address, status: 'pending' })).filter(
    (record) => record.note === subscribedAnew && record.usage !== 'sign',
  );
  const newest = waiting.toSorted((a, b) => (b.signingTime ?? 0) - (a.signingTime ?? 0))[0];
  if (newest) await askAboutCertificate(tx, newest, domain, parts);
}
