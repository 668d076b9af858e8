import type { SsympaError } from '../errors.ts';
import type { JobHandler, JobOutcome } from '../store/job-runner.ts';
import type { Job } from '../store/jobs.ts';
import type { Repositories } from '../store/store.ts';
import { isLowerTrust } from '../trust/certificate-change.ts';
import {
  type AskedSource,
  type CertificateSources,
  pausesOf,
  type SourcesFinding,
} from '../trust/certificate-sources.ts';
import { keepAndTell } from './certificate-news.ts';
import type { RequestParts } from './operation.ts';

/** What looking up certificates works with. */
export interface LookUpParts extends RequestParts {
  readonly sources: CertificateSources;
}

const maxAttempts = 5;
const firstPauseMs = 60_000;

/**
 * Makes the handler that asks the sources of the site for the certificates of one address, and lets go what waits for
 * them. Nobody who proved a certificate is looked up.
 */
export function lookUpCertificatesHandler(parts: LookUpParts): JobHandler {
  return async (job) => {
    const { address } = job.payload as { address: string };
    const known = await standingOf(address, parts);
    if (!parts.sources.isNamed || known === 'proved' || !(await isDue(address, known, parts)))
      return { status: 'done' };
    const finding = await parts.sources.find(address, known === 'looked-up');
    const outcomes = await parts.store.transaction((tx) => takeIn(tx, address, finding, parts));
    if (outcomes.some((outcome) => outcome !== 'known'))
      parts.log.info('certificates looked up', { address, outcomes: outcomes.join(' ') });
    const isMissing = finding.failure && finding.found.length === 0;
    return isMissing ? notAnswered(job, address, finding.failure, parts) : { status: 'done' };
  };
}

/** What a person has in use: nothing, what a source had, or what somebody else brought. */
type Standing = 'none' | 'looked-up' | 'proved';

async function standingOf(address: string, { store, certificates }: LookUpParts): Promise<Standing> {
  const choice = (await certificates.chooseForEncryption(store, [address], {})).get(address);
  if (choice?.status !== 'found') return 'none';
  const records = await store.certificates.list({ address, status: 'trusted' });
  const inUse = records.find(({ sha256 }) => sha256 === choice.certificate.sha256);
  return inUse && isLowerTrust(inUse.source) ? 'looked-up' : 'proved';
}

/** Who was looked up a moment ago is not again. */
async function isDue(
  address: string,
  known: Standing,
  { store, site, clock }: LookUpParts,
): Promise<boolean> {
  const last = await store.certificateLookUps.find(address);
  if (last === undefined) return true;
  // What was found and has ended is missed as much as what was never there.
  const dueAt =
    known === 'none' ? Math.min(last.dueAt, last.lookedAt + pausesOf(site.conf).retryMs) : last.dueAt;
  return dueAt <= clock.now();
}

const sourceNames: Readonly<Record<AskedSource, string>> = { ldap: 'directory', smimea: 'DNS' };

async function takeIn(
  tx: Repositories,
  address: string,
  { found, settled, validForMs, failure }: SourcesFinding,
  parts: LookUpParts,
): Promise<readonly string[]> {
  const { domain } = parts.lists.robotOf(address);
  const outcomes: string[] = [];
  for (const incoming of found) outcomes.push(await keepAndTell(tx, incoming, domain, parts));
  const there = new Set(found.map(({ certificate }) => certificate.sha256));
  for (const { id, source, sha256 } of await tx.certificates.list({ address, status: 'trusted' }))
    if ((source === 'ldap' || source === 'smimea') && settled.has(source) && !there.has(sha256)) {
      await tx.certificates.setStatus(id, 'superseded', `no longer in the ${sourceNames[source]}`);
      outcomes.push('gone');
    }
  if (!failure || found.length > 0)
    await tx.certificateLookUps.note(address, found.length, pauseOf(found.length, validForMs, parts));
  return outcomes;
}

/** What was found holds for as long as it says itself, within the bounds of the site. */
function pauseOf(found: number, validForMs: number | null, { site }: LookUpParts): number {
  const { retryMs, refreshMs } = pausesOf(site.conf);
  if (found === 0) return retryMs;
  return Math.min(refreshMs, Math.max(retryMs, validForMs ?? refreshMs));
}

/** What the sources said before stays in use while they do not answer. */
async function notAnswered(
  job: Job,
  address: string,
  { code, message: reason, temporary }: SsympaError,
  parts: LookUpParts,
): Promise<JobOutcome> {
  const { store, clock, log } = parts;
  if (temporary && job.attempts + 1 < maxAttempts) {
    const atMs = clock.now() + firstPauseMs * 2 ** job.attempts;
    return { status: 'retry', atMs, code, reason };
  }
  log.error('certificates not looked up', { code, reason });
  const found = (await store.certificateLookUps.find(address))?.found ?? 0;
  await store.certificateLookUps.note(address, found, pauseOf(found, null, parts));
  return { status: 'done' };
}
