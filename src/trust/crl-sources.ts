import type { Site } from '../config/site.ts';
import { silentLog } from '../log.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import type { DistributionPoint } from '../pki/distribution-point.ts';
import { PkiError } from '../pki/error.ts';
import { validatePath } from '../pki/path.ts';
import type { Store } from '../store/store.ts';
import { anchorsOfAll } from './anchors-of-all.ts';
import { ListKeyring } from './list-keys.ts';
import { SiteTrust, type TrustTarget } from './site-trust.ts';

/** Where revocation lists are found, and who may have signed them. */
export interface CrlSources {
  /** Addresses that certificates name, each certificate with a valid path to an anchor. */
  readonly urls: readonly string[];
  /** Anchors, and the authorities of valid paths. */
  readonly authorities: readonly Certificate[];
}

/** What the certificates are looked for in. */
export interface CrlSourceParts {
  readonly site: Site;
  /** Of the certificates of persons. */
  readonly store: Store | undefined;
  /** Lists with their keys and their own anchors. */
  readonly lists: readonly (TrustTarget & { readonly directory: string })[];
  readonly nowMs: number;
}

/** Addresses beyond this number are not fetched from. */
const maxUrls = 1_000;
/** So many certificates are looked at before others have their turn. */
const atOnce = 64;

/**
 * Collects the distribution points (RFC 5280 §4.2.1.13) of trusted authorities, of the lists, and of persons. Of a
 * certificate nothing is taken before its path to an anchor is valid: else a stranger would choose what is fetched.
 */
export async function findCrlSources(parts: CrlSourceParts): Promise<CrlSources> {
  const { site, lists, store, nowMs } = parts;
  const keyring = new ListKeyring(() => site.conf.key_passwd, silentLog);
  const keys = await Promise.all(lists.map(({ directory }) => keyring.keysOf(directory)));
  const own = keys.flatMap(({ identities }) => identities);
  const { anchors } = await anchorsOfAll(site, lists, new SiteTrust(site, silentLog));
  const collector = new Collector(
    anchors,
    [...own.flatMap(({ chain }) => chain), ...(await keptAuthorities(store))],
    nowMs,
  );
  for (const anchor of anchors) collector.take(anchor);
  for (const { certificate } of own) collector.add(certificate);
  const records = store ? await store.certificates.list({ status: 'trusted' }) : [];
  for (const [index, { der }] of records.entries()) {
    const certificate = readOrSkip(der);
    if (certificate) collector.add(certificate);
    if (index % atOnce === atOnce - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return { urls: collector.urls, authorities: collector.authorities };
}

async function keptAuthorities(store: Store | undefined): Promise<readonly Certificate[]> {
  const kept = store ? await store.authorities.list() : [];
  return kept.flatMap(({ der }) => readOrSkip(der) ?? []);
}

class Collector {
  readonly #anchors: readonly Certificate[];
  readonly #between: readonly Certificate[];
  readonly #nowMs: number;
  readonly #urls = new Set<string>();
  readonly #authorities: Map<string, Certificate>;

  constructor(anchors: readonly Certificate[], between: readonly Certificate[], nowMs: number) {
    this.#anchors = anchors;
    this.#between = between;
    this.#nowMs = nowMs;
    this.#authorities = new Map(anchors.map((anchor) => [anchor.sha256, anchor]));
  }

  get urls(): readonly string[] {
    return [...this.#urls];
  }

  get authorities(): readonly Certificate[] {
    return [...this.#authorities.values()];
  }

  /** Takes the addresses of a certificate that is trusted. */
  take(certificate: Certificate): void {
    for (const url of addressesIn(certificate)) if (this.#urls.size < maxUrls) this.#urls.add(url);
  }

  /** Takes the addresses of a certificate and of the authorities above it, if its path is valid. */
  add(certificate: Certificate): void {
    // Thousands of one authority name the same address; one valid path among them is enough.
    const isKnown = addressesIn(certificate).every((url) => this.#urls.has(url));
    if (isKnown && this.#hasIssuer(certificate)) return;
    const verdict = validatePath({
      certificate,
      untrusted: this.#between,
      trustAnchors: this.#anchors,
      crlCheck: 'off',
      purpose: 'any',
      atMs: this.#nowMs,
    });
    if (verdict.status !== 'valid') return;
    for (const one of verdict.path) this.take(one);
    for (const authority of verdict.path.slice(1)) this.#authorities.set(authority.sha256, authority);
  }

  #hasIssuer({ issuer }: Certificate): boolean {
    return this.authorities.some(({ subject }) => subject.key === issuer.key);
  }
}

function addressesIn({ crlDistributionPoints = [], freshestCrl = [] }: Certificate): readonly string[] {
  return [...crlDistributionPoints, ...freshestCrl].flatMap(addressesOf);
}

function addressesOf({ name }: DistributionPoint): readonly string[] {
  if (name?.type !== 'full') return [];
  return name.names.flatMap((one) =>
    one.type === 'uri' && /^(https?|ldaps?):/i.test(one.text) ? [one.text] : [],
  );
}

function readOrSkip(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}
