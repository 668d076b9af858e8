import { join } from 'node:path';
import type { ListParameters } from '../config/list-parameters.ts';
import type { Robot, Site } from '../config/site.ts';
import type { Log } from '../log.ts';
import type { CertificateList } from '../pki/crl.ts';
import type { Trust } from '../smime/trust.ts';
import { refuseInAnyTransaction } from '../store/transaction-scope.ts';
import { TrustError } from './error.ts';
import { TrustAnchors, type TrustFault, type TrustMaterial, type TrustPlaces } from './trust-anchors.ts';

export type { TrustPlaces } from './trust-anchors.ts';

/** What mail came to: a list, or a domain. */
export interface TrustTarget {
  readonly robot?: Pick<Robot, 'conf'>;
  readonly config?: Pick<ListParameters, 'cafile' | 'capath'>;
}

/** Anchors, revocation lists, and what a missing revocation list means. */
export type JudgedTrust = TrustMaterial & Pick<Trust, 'crlCheck'>;

/** What a list, a domain or the site trusts when it encrypts. */
export interface TrustOfTarget extends JudgedTrust {
  /**
   * Whether a validated record of the DNS makes up for a path: where the anchors are the site's, and its `smimea_path` does
   * not demand one. Anchors of a list's own are there to be narrower.
   */
  readonly recordsSuffice: boolean;
}

const noLists: readonly CertificateList[] = [];

/** What was given last, and what it was made of. */
interface Judged {
  readonly material: TrustMaterial;
  readonly fetched: readonly CertificateList[];
  readonly trust: TrustOfTarget;
}

/** What `crl_policy` says to path validation. */
const crlChecks = { require: 'require', prefer: 'present', off: 'off' } as const;

/** Gives the folder of revocation lists. */
export function crlDirectory({ conf }: Site): string {
  return conf.crl_dir ?? join(conf.home, 'crl');
}

/**
 * Whom a site trusts: the anchors of `cafile` and `capath`, those of a domain or of a list in place of them, and the
 * revocation lists of `crl_dir`.
 */
export class SiteTrust {
  readonly #site: Site;
  readonly #log: Log;
  readonly #kept = new Map<string, TrustAnchors>();
  readonly #crls: TrustAnchors;
  readonly #judged = new WeakMap<TrustAnchors, Judged>();

  constructor(site: Site, log: Log) {
    this.#site = site;
    this.#log = log;
    this.#crls = new TrustAnchors({ capath: crlDirectory(site) }, log);
  }

  /**
   * Gives what holds for mail to a list or a domain; without either, what holds for the site. The very same object until a
   * file changes. Outside of transactions, since it looks at files.
   *
   * @throws TrustError `trust-file-unreadable`; Error within a transaction
   */
  async for(target: TrustTarget = {}): Promise<TrustOfTarget> {
    refuseInAnyTransaction('no file of anchors is looked at');
    const anchors = this.#anchorsOf(target);
    const material = await anchors.current();
    const fetched = await this.#fetched();
    const kept = this.#judged.get(anchors);
    if (kept?.material === material && kept.fetched === fetched) return kept.trust;
    const { trustAnchors, crls } = material;
    const { crl_policy, smimea_path } = this.#site.conf;
    const crlCheck = crlChecks[crl_policy];
    const recordsSuffice = smimea_path === 'record' && anchors === this.#anchorsOf({});
    const lists = crlCheck === 'off' ? [] : [...crls, ...fetched];
    const trust = { trustAnchors, crls: lists, crlCheck, recordsSuffice };
    this.#judged.set(anchors, { material, fetched, trust });
    return trust;
  }

  /**
   * Gives what the files of anchors hold that cannot be used.
   *
   * @throws TrustError `trust-file-unreadable`
   */
  async faults(target: TrustTarget = {}): Promise<readonly TrustFault[]> {
    return this.#anchorsOf(target).faults();
  }

  #anchorsOf(target: TrustTarget): TrustAnchors {
    const places = trustPlaces(this.#site, target);
    const key = JSON.stringify([places.cafile ?? null, places.capath ?? null]);
    const kept = this.#kept.get(key) ?? new TrustAnchors(places, this.#log);
    this.#kept.set(key, kept);
    return kept;
  }

  /** A folder that is not there yet holds no lists. */
  async #fetched(): Promise<readonly CertificateList[]> {
    try {
      return (await this.#crls.current()).crls;
    } catch (error) {
      if (error instanceof TrustError) return noLists;
      throw error;
    }
  }
}

/** Gives the files of anchors that hold for a list, a domain or the site: the narrowest that names any. */
export function trustPlaces(site: Site, { config, robot }: TrustTarget): TrustPlaces {
  const absolute = (path: string | undefined) => (path === undefined ? undefined : site.resolve(path));
  if (config?.cafile !== undefined || config?.capath !== undefined)
    return { cafile: absolute(config.cafile), capath: absolute(config.capath) };
  const { cafile, capath } = site.conf;
  const own = {
    cafile: robot?.conf.cafile === cafile ? undefined : robot?.conf.cafile,
    capath: robot?.conf.capath === capath ? undefined : robot?.conf.capath,
  };
  return robot && (own.cafile ?? own.capath) !== undefined ? own : { cafile, capath };
}
