import { Resolver } from 'node:dns/promises';
import type { Site } from '../../config/site.ts';
import { type Finding, fine, warning } from './finding.ts';

const check = 'DNS';
const waitMs = 5_000;

/** Gives the hosts that take mail for a domain; rejects as `node:dns` does. */
export type MailExchangers = (domain: string) => Promise<readonly string[]>;

/** Asks the resolver of this machine. */
export const systemMailExchangers: MailExchangers = async (domain) => {
  const records = await new Resolver({ timeout: waitMs, tries: 1 }).resolveMx(domain);
  return records.toSorted((a, b) => a.priority - b.priority).map(({ exchange }) => exchange);
};

const noRecord = new Set(['ENODATA', 'ENOTFOUND']);

/** Checks that each domain has a host that takes its mail. Nothing here is an error: the network may be closed. */
export async function checkDns(site: Site, mailExchangers: MailExchangers): Promise<readonly Finding[]> {
  return Promise.all(site.robots.map(({ domain }) => checkDomain(domain, mailExchangers)));
}

async function checkDomain(domain: string, mailExchangers: MailExchangers): Promise<Finding> {
  try {
    const hosts = await mailExchangers(domain);
    if (hosts.length > 0) return fine(check, `mail for ${domain} goes to ${hosts.slice(0, 5).join(', ')}`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!noRecord.has(code))
      return warning(check, `nothing is known of ${domain}: the resolver does not answer`);
  }
  return warning(
    check,
    `${domain} has no MX record`,
    `publish one that names the host of your MTA: ${domain}. MX 10 mail.${domain}.`,
  );
}
