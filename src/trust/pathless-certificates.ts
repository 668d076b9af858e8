import type { Clock } from '../clock.ts';
import type { Site } from '../config/site.ts';
import type { Log } from '../log.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { type PathCode, validatePath } from '../pki/path.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import type { Store } from '../store/store.ts';
import { anchorsOfAll, type TrustingList } from './anchors-of-all.ts';
import { needsPath } from './encryption-paths.ts';
import { KeptAuthorities } from './kept-authorities.ts';
import type { SiteTrust } from './site-trust.ts';
import { pathAgain } from './user-certificates.ts';

/** What certificates are looked for in, and what they are held against. */
interface Parts {
  readonly store: Store;
  /** Asked each time: a site may be read anew. */
  readonly places: () => Promise<{
    readonly site: Pick<Site, 'robots' | 'conf'>;
    readonly lists: readonly TrustingList[];
  }>;
  readonly anchors: Pick<SiteTrust, 'for'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How many certificates changed at one look. */
export interface PathlessLook {
  readonly putAside: number;
  readonly broughtBack: number;
}

const pageSize = 500;
/** So many paths are validated before others have their turn. */
const atOnce = 32;
/** Verdicts that say that there is no path, rather than that one is not good now: that may pass without a change of anchors. */
const withoutPath: ReadonlySet<PathCode> = new Set<PathCode>([
  'no-trust-anchors',
  'no-path',
  'self-signed',
  'bad-certificate-signature',
]);

/**
 * Puts certificates aside that have no path to any anchor of the site, its domains and its lists, and brings them back when
 * they have one. All are looked at when the anchors changed; those put aside, when another authority came, too.
 */
export class PathlessCertificates {
  readonly #parts: Parts;
  #anchors = 'not looked yet';
  #authorities = '';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks once. Where a file of anchors, or the `config` of a list, cannot be read, nothing is put aside. */
  async mark(signal?: AbortSignal): Promise<PathlessLook> {
    const { store, clock, log } = this.#parts;
    const { site, lists } = await this.#parts.places();
    const { anchors, isWhole } = await anchorsOfAll(site, lists, this.#parts.anchors);
    const version = `${site.conf.smimea_path} ${isWhole} ${anchors.map(({ sha256 }) => sha256).join(' ')}`;
    const authorities = await store.authorities.version();
    const isChanged = version !== this.#anchors;
    if (!isChanged && authorities === this.#authorities) return { putAside: 0, broughtBack: 0 };
    const paths = await PathsTo.open(store, anchors, site, clock.now());
    const broughtBack = await this.#move('untrusted', 'trusted', (record) => paths.counts(record), signal);
    const putAside =
      isChanged && isWhole
        ? await this.#move('trusted', 'untrusted', (record) => paths.hasNone(record), signal)
        : 0;
    if (putAside > 0 || broughtBack > 0)
      log.warn('certificates moved by the anchors', { putAside, broughtBack });
    if (signal?.aborted) return { putAside, broughtBack };
    this.#anchors = version;
    this.#authorities = authorities;
    return { putAside, broughtBack };
  }

  async #move(
    from: 'trusted' | 'untrusted',
    to: 'trusted' | 'untrusted',
    isDue: (record: CertificateRecord) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { store } = this.#parts;
    let moved = 0;
    for await (const page of pagesOf(store, from, signal)) {
      const due = await filterInTurns(page, isDue);
      if (due.length === 0) continue;
      await store.transaction(async (tx) => {
        for (const { id } of due) {
          if ((await tx.certificates.find(id))?.status !== from) continue;
          await tx.certificates.setStatus(id, to, notes[to]);
          moved++;
        }
      });
    }
    return moved;
  }
}

/** What the history says. */
const notes = { untrusted: 'no path to an anchor', trusted: pathAgain } as const;

/**
 * Counts the certificates in use that lose their last path with an anchor.
 *
 * @param anchors all that are left
 */
export async function countWithout(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  anchors: readonly Certificate[],
  removed: Certificate,
  site: Pick<Site, 'conf'>,
): Promise<number> {
  const after = await PathsTo.open(store, anchors, site, clock.now());
  const before = await PathsTo.open(store, [...anchors, removed], site, clock.now());
  let count = 0;
  for await (const page of pagesOf(store, 'trusted', undefined)) {
    const lost = await filterInTurns(page, (record) => after.hasNone(record) && before.counts(record));
    count += lost.length;
  }
  return count;
}

/** Paths to some anchors, over the authorities that are kept. */
class PathsTo {
  readonly #trustAnchors: readonly Certificate[];
  readonly #untrusted: readonly Certificate[];
  readonly #recordsSuffice: boolean;
  readonly #atMs: number;
  /** Authorities, by name and key, below which a path was found. */
  readonly #good = new Set<string>();

  private constructor(
    trustAnchors: readonly Certificate[],
    untrusted: readonly Certificate[],
    recordsSuffice: boolean,
    atMs: number,
  ) {
    this.#trustAnchors = trustAnchors;
    this.#untrusted = untrusted;
    this.#recordsSuffice = recordsSuffice;
    this.#atMs = atMs;
  }

  static async open(
    store: Store,
    anchors: readonly Certificate[],
    { conf }: Pick<Site, 'conf'>,
    atMs: number,
  ): Promise<PathsTo> {
    const between = await new KeptAuthorities().of(store);
    return new PathsTo(anchors, between, conf.smimea_path === 'record', atMs);
  }

  /** Tells whether a certificate has a path, or needs none. */
  counts(record: CertificateRecord): boolean {
    return (
      !needsPath(record, this.#recordsSuffice) || this.#faultOf(parseCertificate(record.der)) === undefined
    );
  }

  /** Nothing is asked of what an operator brought, nor of what the DNS has where its record is enough. */
  hasNone(record: CertificateRecord): boolean {
    if (!needsPath(record, this.#recordsSuffice)) return false;
    const certificate = parseCertificate(record.der);
    // A record of the DNS may speak for one whose signature nobody verified.
    const authority = record.source === 'smimea' ? undefined : authorityOf(certificate);
    // That of others was verified when they came; thousands of one authority have the rest of the path in common.
    if (authority !== undefined && this.#good.has(authority)) return false;
    const code = this.#faultOf(certificate);
    if (code === undefined && authority !== undefined) this.#good.add(authority);
    return code !== undefined && withoutPath.has(code);
  }

  #faultOf(certificate: Certificate): PathCode | undefined {
    const verdict = validatePath({
      certificate,
      trustAnchors: this.#trustAnchors,
      untrusted: this.#untrusted,
      crlCheck: 'off',
      atMs: this.#atMs,
      purpose: 'any',
    });
    return verdict.status === 'valid' ? undefined : verdict.code;
  }
}

/** Names the key that signed a certificate, where the certificate tells. */
function authorityOf({ issuer, authorityKeyIdentifier: of }: Certificate): string | undefined {
  return of?.keyIdentifier && `${issuer.key} ${Buffer.from(of.keyIdentifier).toString('hex')}`;
}

async function* pagesOf(
  { certificates }: Store,
  status: 'trusted' | 'untrusted',
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly CertificateRecord[]> {
  let after = '';
  while (!signal?.aborted) {
    const page = await certificates.ofStatus(status, after, pageSize);
    yield page;
    if (page.length < pageSize) return;
    after = page.at(-1)!.id;
  }
}

async function filterInTurns<T>(all: readonly T[], holds: (one: T) => boolean): Promise<readonly T[]> {
  const found: T[] = [];
  for (const [index, one] of all.entries()) {
    if (holds(one)) found.push(one);
    if (index % atOnce === atOnce - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}
