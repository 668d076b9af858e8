import { isIP } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Site } from '../config/site.ts';
import type { DnsResolver } from '../directory/dns-client.ts';
import { wireNameOf } from '../directory/dns-name.ts';
import { DirectoryError } from '../directory/error.ts';
import { findSmimea, type SmimeaRecord } from '../directory/smimea.ts';
import type { Log } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { validatePath } from '../pki/path.ts';
import type { Trust } from '../smime/trust.ts';
import type { Rates } from '../store/rates.ts';
import { checkOperatorCertificate } from './certificate-check.ts';
import { TrustError } from './error.ts';
import type { SiteTrust } from './site-trust.ts';
import { type AssociationContext, associationOf, fullCertificates } from './smimea-association.ts';
import { smimeaNameOf } from './smimea-name.ts';
import type { NewCertificate } from './user-certificates.ts';

interface Parts {
  readonly site: () => Site;
  readonly anchors: Pick<SiteTrust, 'for'>;
  readonly rates: Pick<Rates, 'allow'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the DNS has for a person. */
export interface DnsFinding {
  readonly usable: readonly NewCertificate[];
  /** How long the records say that they hold; `null` where there are none. */
  readonly validForMs: number | null;
}

const nothing: DnsFinding = { usable: [], validForMs: null };
const usualPort = 53;
const hourMs = 3_600_000;

/** The certificates of persons that the DNS has (RFC 8162), by the resolver that a site names. */
export class CertificateDns {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Tells whether the site names a resolver. */
  get isNamed(): boolean {
    return this.#parts.site().conf.smimea_resolver !== undefined;
  }

  /**
   * Looks up the certificates that encrypt to somebody: a record that DNSSEC validated speaks for them, they name the
   * address, are valid now and strong enough. Others are left out.
   *
   * @param address canonical
   * @param others certificates of the same person from elsewhere, for which a digest in a record may speak
   * @throws DirectoryError
   */
  async find(address: string, others: readonly Certificate[] = []): Promise<DnsFinding> {
    const { site, anchors, clock, log } = this.#parts;
    const { conf } = site();
    const resolver = resolverOf(conf);
    const name = smimeaNameOf(address);
    if (name === undefined) return nothing;
    const domain = address.slice(address.lastIndexOf('@') + 1);
    await this.#demandLeave(domain, conf.smimea_domain_max);
    const answer = await findSmimea(resolver, wireNameOf(name)!);
    if (answer.status === 'not-validated')
      log.info('smimea record not used', { domain, reason: 'DNSSEC does not validate it' });
    if (answer.status !== 'found') return nothing;
    const trust: Trust = { ...(await anchors.for()), untrusted: [] };
    const context = { records: answer.records, trust, atMs: clock.now() };
    const candidates = candidatesOf(answer.records, others);
    const usable = candidates.flatMap((one) => usableOf(one, address, context, conf.smimea_path));
    return { usable, validForMs: answer.ttlSeconds * 1_000 };
  }

  /** Who has many names of one domain asked for learns from it who has a certificate there. */
  async #demandLeave(domain: string, max: number): Promise<void> {
    const limit = { max, periodMs: hourMs, decay: 0 };
    if (await this.#parts.rates.allow(`smimea ${domain}`, limit)) return;
    throw new DirectoryError('resolver-limit', `enough names of ${domain} were asked for in this hour`);
  }
}

/**
 * Gives the resolver of a site.
 *
 * @throws DirectoryError `resolver-untrusted` where another machine could set the AD bit on its way
 */
export function resolverOf(conf: Site['conf']): DnsResolver {
  const server = conf.smimea_resolver;
  if (server === undefined) throw new DirectoryError('resolver-unreachable', 'no smimea_resolver is named');
  if (!isLoopback(server.host) && !conf.smimea_resolver_remote)
    throw new DirectoryError(
      'resolver-untrusted',
      'smimea_resolver is on another machine, and anybody on the way could say that a record is validated',
      {
        hint: 'run a validating resolver on this machine, or set smimea_resolver_remote on where the way is safe',
      },
    );
  return { host: server.host, port: server.port ?? usualPort, totalMs: conf.smimea_timeout };
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** What stands in the records, before what other sources have. */
function candidatesOf(
  records: readonly SmimeaRecord[],
  others: readonly Certificate[],
): readonly Certificate[] {
  const all = [...fullCertificates(records), ...others];
  return [...new Map(all.map((certificate) => [certificate.sha256, certificate])).values()];
}

function usableOf(
  certificate: Certificate,
  address: string,
  context: AssociationContext,
  demanded: 'record' | 'anchor',
): readonly NewCertificate[] {
  const usage = encryptingUsage(certificate, address, context.atMs);
  const associated = usage && associationOf(certificate, context);
  if (!associated) return [];
  const { trust, atMs } = context;
  const verdict = validatePath({
    ...trust,
    certificate,
    untrusted: fullCertificates(context.records),
    atMs,
    purpose: 'smimeencrypt',
  });
  const authorities = verdict.status === 'valid' ? verdict.path.slice(1) : [];
  const issuer = verdict.status === 'valid' ? (authorities[0] ?? certificate) : associated.issuer;
  // A record speaks for the binding, not against its authority: what that revoked is not used.
  if (verdict.status === 'invalid' && (demanded === 'anchor' || verdict.code === 'revoked')) return [];
  const about = { usage, source: 'smimea', signingTimeMs: null, capabilities: null } as const;
  return [{ address, certificate, issuer, authorities, needsPath: associated.needsPath, ...about }];
}

/** No record makes up for a certificate that names somebody else, has ended, is weak, or is not for mail. */
function encryptingUsage(
  certificate: Certificate,
  address: string,
  atMs: number,
): 'both' | 'encrypt' | undefined {
  try {
    const usage = checkOperatorCertificate(certificate, address, 'both', atMs);
    return usage === 'sign' ? undefined : usage;
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
