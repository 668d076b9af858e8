import { type Certificate, certificateUses } from '../pki/certificate.ts';
import type { GeneratedKeyPair } from '../pki/generate-key.ts';
import { oids } from '../pki/oid.ts';
import { formatPem } from '../pki/pem.ts';
import { keyMatchesCertificate } from '../pki/private-key.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { TrustError } from './error.ts';
import { installPair } from './list-key-files.ts';
import { privateKeyPem } from './new-list-key.ts';
import { checkPair, refuseFaults } from './pair-check.ts';
import type { KeyOwner } from './site-key.ts';
import type { TrustMaterial } from './trust-anchors.ts';

type PrivateKey = GeneratedKeyPair['privateKey'];

/** A key, its certificate, and what stands between it and an anchor. */
export interface KeyPairFound {
  readonly privateKey: PrivateKey;
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
}

/** How a pair is checked and written. */
export interface InstallKeyOptions {
  readonly usage: CertificateUsage;
  readonly accept: readonly string[];
  readonly replace: boolean;
  /** `key_passwd` of the site. */
  readonly passphrase: string | undefined;
  /** Undefined where no chain is asked for. */
  readonly trust: TrustMaterial | undefined;
  readonly nowMs: number;
}

/** The names of the files by what they are for. */
const suffixes: Readonly<Record<CertificateUsage, string>> = { both: '', encrypt: '.enc', sign: '.sign' };

/** Gives what follows `cert.pem` and `private_key` in the names of a pair. */
export function suffixOf(usage: CertificateUsage): string {
  return suffixes[usage];
}

/**
 * Checks a pair and installs it for a list or for the site.
 *
 * @returns the suffix of the generation that the old pair became
 * @throws TrustError `pair-refused`, `pair-exists`; nothing is written then
 */
export async function installListKey(
  owner: KeyOwner,
  pair: KeyPairFound,
  options: InstallKeyOptions,
): Promise<string | undefined> {
  const { usage, accept, replace, passphrase, trust, nowMs } = options;
  const { certificate, chain, privateKey } = pair;
  const faults = checkPair({ certificate, chain, address: owner.address, usage, trust, atMs: nowMs });
  refuseFaults(faults, accept);
  const certificates = [certificate, ...chain].map(({ der }) => formatPem('CERTIFICATE', der)).join('');
  const files = { certificates, privateKey: privateKeyPem(privateKey, passphrase) };
  return installPair(owner.directory, files, { suffix: suffixOf(usage), replace, nowMs });
}

/**
 * Finds the pair for a use among keys and certificates: one whose certificate may be used for it and names the address
 * comes first, then the newest.
 *
 * @throws TrustError `pair-mismatch` when no certificate fits a key
 */
export function findPair(
  keys: readonly PrivateKey[],
  certificates: readonly Certificate[],
  usage: CertificateUsage,
): KeyPairFound {
  const pairs = keys.flatMap((privateKey) =>
    certificates
      .filter((certificate) => keyMatchesCertificate(privateKey, certificate))
      .map((certificate) => ({ privateKey, certificate })),
  );
  const [best] = pairs.toSorted(
    (a, b) =>
      fitness(b.certificate, usage) - fitness(a.certificate, usage) ||
      b.certificate.notBeforeMs - a.certificate.notBeforeMs,
  );
  if (!best) throw new TrustError('pair-mismatch', 'none of the certificates belongs to the key');
  return { ...best, chain: chainOf(best.certificate, certificates) };
}

function fitness(certificate: Certificate, usage: CertificateUsage): number {
  const { sign, encrypt } = certificateUses(certificate);
  const wanted = { both: [encrypt, sign], encrypt: [encrypt, !sign], sign: [sign, !encrypt] }[usage];
  const isMail = certificate.extendedKeyUsage?.includes(oids.emailProtection) ?? true;
  return (isMail ? 4 : 0) + (wanted[0] ? 2 : 0) + (wanted[1] ? 1 : 0);
}

/** The authorities above a certificate, in order; a self-signed root is left out, since whoever trusts it has it. */
function chainOf(certificate: Certificate, certificates: readonly Certificate[]): readonly Certificate[] {
  const chain: Certificate[] = [];
  let left = certificates.filter(({ sha256 }) => sha256 !== certificate.sha256);
  for (let below = certificate; ; ) {
    const issuer = left.find(
      ({ subject, basicConstraints }) => subject.key === below.issuer.key && basicConstraints?.ca,
    );
    if (!issuer || issuer.subject.key === issuer.issuer.key) return chain;
    chain.push(issuer);
    left = left.filter((one) => one !== issuer);
    below = issuer;
  }
}
