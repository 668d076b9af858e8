import type { Site } from '../config/site.ts';
import { SsympaError } from '../errors.ts';
import type { CertificateDirectory } from './certificate-directory.ts';
import type { CertificateDns } from './certificate-dns.ts';
import type { NewCertificate } from './user-certificates.ts';

type Conf = Site['conf'];

/** Sources that are asked for certificates. */
export type AskedSource = 'ldap' | 'smimea';

/** What the sources have for a person. */
export interface SourcesFinding {
  readonly found: readonly NewCertificate[];
  /** Sources whose word is known: what came from one of them before, and is not found, is there no more. */
  readonly settled: ReadonlySet<AskedSource>;
  /** How long what was found holds by itself; `null` where nothing says so. */
  readonly validForMs: number | null;
  /** Why a source did not answer. */
  readonly failure?: SsympaError;
}

/** Tells whether a site names anybody to ask for certificates. */
export function namesSource({ ldap_certificate_host: host, smimea_resolver: resolver }: Conf): boolean {
  return host !== undefined || resolver !== undefined;
}

/** How long nobody is asked about again, in milliseconds: `retry` who was not found, `refresh` who was. */
export function pausesOf(conf: Conf): { readonly retryMs: number; readonly refreshMs: number } {
  const { ldap_certificate_retry: ldapRetryMs, ldap_certificate_refresh: ldapRefreshMs } = conf;
  const { smimea_retry: dnsRetryMs, smimea_refresh: dnsRefreshMs } = conf;
  if (conf.smimea_resolver === undefined) return { retryMs: ldapRetryMs, refreshMs: ldapRefreshMs };
  if (conf.ldap_certificate_host === undefined) return { retryMs: dnsRetryMs, refreshMs: dnsRefreshMs };
  // Whoever is asked about is asked of both: what each promises is kept.
  return {
    retryMs: Math.max(ldapRetryMs, dnsRetryMs),
    refreshMs: Math.min(ldapRefreshMs, dnsRefreshMs),
  };
}

/** The sources of certificates that a site names, in a fixed order: its directory, then the DNS. */
export class CertificateSources {
  readonly #directory: Pick<CertificateDirectory, 'isNamed' | 'find'>;
  readonly #dns: Pick<CertificateDns, 'isNamed' | 'find'>;

  constructor(
    directory: Pick<CertificateDirectory, 'isNamed' | 'find'>,
    dns: Pick<CertificateDns, 'isNamed' | 'find'>,
  ) {
    this.#directory = directory;
    this.#dns = dns;
  }

  /** Tells whether the site names any. */
  get isNamed(): boolean {
    return this.#directory.isNamed || this.#dns.isNamed;
  }

  /**
   * Looks up the certificates that encrypt to somebody. The directory, which is the site's own, wins: the DNS is asked
   * where it has none. One that does not answer does not keep the other from being asked, unless the person has a
   * certificate in use, which is not to change because of an outage.
   *
   * @param address canonical
   * @param hasOne whether the person has a certificate in use
   */
  async find(address: string, hasOne: boolean): Promise<SourcesFinding> {
    const first = await attempt(this.#directory.isNamed, () => this.#directory.find(address));
    if (first.value && first.value.usable.length > 0)
      return { found: first.value.usable, settled: new Set(['ldap', 'smimea']), validForMs: null };
    if (first.failure && hasOne)
      return { found: [], settled: new Set(), validForMs: null, failure: first.failure };
    const second = await attempt(this.#dns.isNamed, () => this.#dns.find(address, first.value?.unproven));
    const failure = first.failure ?? second.failure;
    return {
      found: second.value?.usable ?? [],
      settled: new Set<AskedSource>([
        ...(first.value ? (['ldap'] as const) : []),
        ...(second.value ? (['smimea'] as const) : []),
      ]),
      validForMs: second.value?.validForMs ?? null,
      ...(failure && { failure }),
    };
  }
}

/** Asks a source that is named; an expected failure is a value. */
async function attempt<T>(
  isNamed: boolean,
  ask: () => Promise<T>,
): Promise<{ readonly value?: T; readonly failure?: SsympaError }> {
  if (!isNamed) return {};
  try {
    return { value: await ask() };
  } catch (error) {
    if (error instanceof SsympaError) return { failure: error };
    throw error;
  }
}
