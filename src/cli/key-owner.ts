import type { Robot, Site } from '../config/site.ts';
import { ListsError } from '../lists/error.ts';
import { Lists } from '../lists/lists.ts';
import { silentLog } from '../log.ts';
import { mailKeyAlgorithms } from '../pki/generate-key.ts';
import type { CertificateUsage } from '../trust/certificate-file-name.ts';
import { pairFaultCodes } from '../trust/pair-check.ts';
import { type KeyOwner, siteKeyOwner } from '../trust/site-key.ts';
import { type JudgedTrust, SiteTrust } from '../trust/site-trust.ts';
import type { CliIo } from './io.ts';

/**
 * Finds whose key a command line means: a list, or the address that takes commands (`sympa`, `sympa@DOMAIN`).
 *
 * @throws ListsError `no-such-list`
 */
export async function keyOwnerOf(site: Site, name: string): Promise<KeyOwner> {
  const text = name.toLowerCase();
  const robot = site.robots.find(({ conf, domain }) =>
    [conf.email, `${conf.email}@${domain}`].some((one) => one.toLowerCase() === text),
  );
  return robot ? siteKeyOwner(robot) : new Lists(site).get(name);
}

/** Gives a domain of the site. @throws ListsError `no-such-robot` */
export function robotOf(site: Site, domain: string): Robot {
  const robot = site.robots.find((one) => one.domain === domain.toLowerCase());
  if (robot) return robot;
  const hint = `domains of the site: ${site.robots.map((one) => one.domain).join(', ')}`;
  throw new ListsError('no-such-robot', `the site serves no domain ${domain.slice(0, 255)}`, { hint });
}

/** Gives the anchors that the chain of a key is checked against: those that its owner judges mail by. */
export async function keyTrust(site: Site, owner: KeyOwner): Promise<JudgedTrust> {
  return new SiteTrust(site, silentLog).for(owner);
}

const uses: Readonly<Record<string, CertificateUsage>> = { both: 'both', enc: 'encrypt', sign: 'sign' };

/** What `--for` takes. */
export const useNames = Object.keys(uses);

/** Reads the value of `--for`. */
export function usageNamed(io: CliIo, name: string): CertificateUsage {
  return uses[name] ?? io.fail('usage', `--for takes ${useNames.join(', ')}`);
}

/** Checks the values of `--accept`. */
export function checkAccepted(io: CliIo, codes: readonly string[]): void {
  const unknown = codes.find((code) => !Object.hasOwn(pairFaultCodes, code));
  if (unknown !== undefined)
    io.fail('usage', `--accept takes ${Object.keys(pairFaultCodes).join(', ')}; not ${unknown.slice(0, 50)}`);
}

/** Reads the value of `--algorithm`. */
export function algorithmNamed(io: CliIo, name: string): (typeof mailKeyAlgorithms)[number] {
  const known = mailKeyAlgorithms.find((algorithm) => algorithm === name);
  return known ?? io.fail('usage', `--algorithm takes ${mailKeyAlgorithms.join(', ')}`);
}
