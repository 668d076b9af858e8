import type { Clock } from '../clock.ts';
import type { Site } from '../config/site.ts';
import { DirectoryError } from '../directory/error.ts';
import { escapeFilterValue } from '../directory/filter-text.ts';
import { type DirectoryAccess, type DirectoryServer, withDirectory } from '../directory/ldap-client.ts';
import { parseServerAddress } from '../directory/server-address.ts';
import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses, parseCertificate } from '../pki/certificate.ts';
import { PkiError } from '../pki/error.ts';
import { validatePath } from '../pki/path.ts';
import { readDirectoryCertificates } from '../smime/directory-certificate.ts';
import type { Trust } from '../smime/trust.ts';
import { usageOf } from './certificate-check.ts';
import type { SiteTrust } from './site-trust.ts';
import type { NewCertificate } from './user-certificates.ts';

interface Parts {
  readonly site: () => Site;
  readonly anchors: Pick<SiteTrust, 'for'>;
  readonly clock: Clock;
}

/** Entries, and values of an attribute, beyond these numbers are not looked at. */
const maxEntries = 8;
const maxValues = 32;

/** What the directory has for a person. */
export interface DirectoryFinding {
  readonly usable: readonly NewCertificate[];
  /** Name the address and encrypt, and no anchor of the site stands for them. */
  readonly unproven: readonly Certificate[];
}

/** A certificate as the directory has it, before it is checked. */
interface Candidate {
  readonly certificate: Certificate;
  readonly capabilities: readonly string[] | null;
  readonly signingTimeMs: number | null;
}

/** The directory of certificates that a site names (`ldap_certificate_host` and what goes with it). */
export class CertificateDirectory {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Tells whether the site names a directory. */
  get isNamed(): boolean {
    return this.#parts.site().conf.ldap_certificate_host !== undefined;
  }

  /**
   * Looks up the certificates that encrypt to somebody: they name the address, have a valid path to an anchor of the site,
   * and are valid now. Those without such a path are given apart; others are left out without a word, since anybody may
   * have written them.
   *
   * @param address canonical
   * @throws DirectoryError
   */
  async find(address: string): Promise<DirectoryFinding> {
    const { site, anchors, clock } = this.#parts;
    const { conf } = site();
    const attributes = conf.ldap_certificate_attributes;
    const entries = await withDirectory(accessOf(conf), (directory) =>
      directory.search({
        base: conf.ldap_certificate_suffix,
        scope: conf.ldap_certificate_scope,
        filter: filterFor(conf.ldap_certificate_filter, address),
        // Servers keep one and the same attribute with the option or without it (RFC 4522, RFC 2798).
        attributes: attributes.flatMap((name) => [bareName(name), `${bareName(name)};binary`]),
        maxEntries,
      }),
    );
    const trust: Trust = { ...(await anchors.for()), untrusted: [] };
    const atMs = clock.now();
    const candidates = entries.flatMap((entry) =>
      attributes.flatMap((name) =>
        valuesOf(entry, name).flatMap((value) =>
          isSigned(name) ? signedCandidates(value, trust, atMs) : plainCandidates(value),
        ),
      ),
    );
    const named = candidates.filter((one) => isFor(one, address));
    const usable = named.flatMap((one) => usableOf(one, address, trust, atMs));
    // Of a certificate that stands there twice, what is said with a signature counts.
    const ordered = usable.toSorted(
      (a, b) => Number(b.capabilities !== null) - Number(a.capabilities !== null),
    );
    const bySha = Map.groupBy(ordered, ({ certificate }) => certificate.sha256);
    const unproven = named.map(({ certificate }) => certificate).filter(({ sha256 }) => !bySha.has(sha256));
    return { usable: [...bySha.values()].map(([one]) => one!), unproven };
  }
}

/**
 * Logs in to each directory server of a site and looks for the entry that searches start at, as the operator wants to know
 * of each whether it would answer.
 *
 * @returns each server with its failure, or without
 */
export async function probeDirectory(
  conf: Site['conf'],
): Promise<readonly { readonly server: string; readonly failure?: unknown }[]> {
  const probe = async (server: string) => {
    try {
      const access = accessOf({ ...conf, ldap_certificate_host: [server] });
      const base = conf.ldap_certificate_suffix;
      const search = {
        base,
        scope: 'base',
        filter: '(objectClass=*)',
        attributes: [],
        maxEntries: 1,
      } as const;
      await withDirectory(access, (directory) => directory.search(search));
      return { server };
    } catch (failure) {
      return { server, failure };
    }
  };
  return Promise.all((conf.ldap_certificate_host ?? []).map(probe));
}

type Conf = Site['conf'];

function accessOf(conf: Conf): DirectoryAccess {
  const { ldap_certificate_bind_dn: name, ldap_certificate_bind_password: password } = conf;
  const { ldap_certificate_timeout: totalMs, ldap_certificate_ca_file: caFile } = conf;
  if ((name === undefined) !== (password === undefined))
    throw new DirectoryError(
      'directory-login',
      'ldap_certificate_bind_dn and ldap_certificate_bind_password stand together',
    );
  return {
    servers: (conf.ldap_certificate_host ?? []).map(serverOf),
    tls: conf.ldap_certificate_use_tls,
    verifiesServer: true,
    ...(caFile !== undefined && { caFile }),
    ...(name !== undefined && password !== undefined && { login: { name, password } }),
    limits: { stepMs: Math.max(1, Math.ceil(totalMs / 2)), totalMs },
  };
}

function serverOf(text: string): DirectoryServer {
  const server = parseServerAddress(text);
  if (!server) throw new DirectoryError('directory-unreachable', `${text} is not HOST or HOST:PORT`);
  return server;
}

/**
 * Fills an address into the filter. Every part is escaped by RFC 4515 §3, so that no address is more than a value.
 *
 * @param template with `[address]`, `[local]` and `[domain]`
 */
export function filterFor(template: string, address: string): string {
  const at = address.lastIndexOf('@');
  const values: Readonly<Record<string, string>> = {
    '[address]': address,
    '[local]': address.slice(0, at),
    '[domain]': address.slice(at + 1),
  };
  return template.replaceAll(/\[(?:address|local|domain)\]/g, (name) => escapeFilterValue(values[name]!));
}

function valuesOf(
  entry: { values(attribute: string): readonly Uint8Array[] },
  name: string,
): readonly Uint8Array[] {
  const bare = bareName(name);
  return [...entry.values(`${bare};binary`), ...entry.values(bare)].slice(0, maxValues);
}

function bareName(attribute: string): string {
  return attribute.replace(/;binary$/i, '');
}

function isSigned(attribute: string): boolean {
  return /^userSMIMECertificate(?:;|$)/i.test(attribute);
}

function plainCandidates(der: Uint8Array): readonly Candidate[] {
  try {
    return [{ certificate: parseCertificate(der), capabilities: null, signingTimeMs: null }];
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

function signedCandidates(der: Uint8Array, trust: Trust, atMs: number): readonly Candidate[] {
  const read = readDirectoryCertificates(der, { trust, atMs });
  if (!read) return [];
  const { preferred, capabilities, signingTimeMs } = read;
  return read.certificates.slice(0, maxValues).map((certificate) => ({
    certificate,
    capabilities: certificate.sha256 === preferred.sha256 ? capabilities : null,
    signingTimeMs,
  }));
}

function isFor({ certificate }: Candidate, address: string): boolean {
  const usage = usageOf(certificate);
  const isNamed = certificateAddresses(certificate).map(canonicalAddress).includes(address);
  return isNamed && (usage === 'both' || usage === 'encrypt');
}

function usableOf(
  { certificate, capabilities, signingTimeMs }: Candidate,
  address: string,
  trust: Trust,
  atMs: number,
): readonly NewCertificate[] {
  const usage = usageOf(certificate);
  if (usage === undefined) return [];
  const verdict = validatePath({ ...trust, certificate, atMs, purpose: 'smimeencrypt' });
  if (verdict.status !== 'valid') return [];
  const authorities = verdict.path.slice(1);
  const issuer = authorities[0] ?? certificate;
  // A signing time of the future would make it the newest for ever.
  const signedAt = signingTimeMs !== null && signingTimeMs <= atMs ? signingTimeMs : null;
  const about = { usage, source: 'ldap', signingTimeMs: signedAt, capabilities } as const;
  return [{ address, certificate, issuer, authorities, ...about }];
}
