import type { Site } from '../../config/site.ts';
import { Lists } from '../../lists/lists.ts';
import { silentLog } from '../../log.ts';
import { canonicalAddress } from '../../mime/address.ts';
import { certificateAddresses, certificateUses } from '../../pki/certificate.ts';
import { validatePath } from '../../pki/path.ts';
import { TrustError } from '../../trust/error.ts';
import { isRetired } from '../../trust/list-key-files.ts';
import {
  encryptionIdentity,
  type ListIdentity,
  ListKeyring,
  type ListKeys,
  signingIdentity,
} from '../../trust/list-keys.ts';
import { type KeyOwner, siteKeyOwner } from '../../trust/site-key.ts';
import { SiteTrust } from '../../trust/site-trust.ts';
import type { TrustMaterial } from '../../trust/trust-anchors.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const check = 'keys';
const dayMs = 86_400_000;
/** Certificates that end within this time are told of. */
const soonMs = 30 * dayMs;

/**
 * Checks the key and certificate of each list, and of the addresses that take commands: they open, belong together, name
 * their address, are valid, are trusted. Old generations must open; what their certificates say does not matter any more.
 */
export async function checkKeys(site: Site, io: CliIo): Promise<readonly Finding[]> {
  const keyring = new ListKeyring(() => site.conf.key_passwd, silentLog);
  const anchors = new SiteTrust(site, silentLog);
  const findings: Finding[] = [];
  const idle: string[] = [];
  let usable = 0;
  for (const owner of [...site.robots.map(siteKeyOwner), ...(await new Lists(site).all())]) {
    const keys = await keyring.keysOf(owner.directory);
    const trust = await anchors.for(owner).catch(noneWhereBroken);
    for (const { file, reason, hint } of keys.problems)
      findings.push(problem(check, `${file}: ${reason}`, hint));
    if (keys.identities.length > 0 && !encryptionIdentity(keys))
      findings.push(
        problem(check, `${owner.address} has a key, and no certificate is given out to encrypt to`, noneHint),
      );
    if (keys.identities.length > 0 && !signingIdentity(keys))
      findings.push(warning(check, `${owner.address} has a key, and none signs its mail`, noneHint));
    for (const identity of keys.identities) {
      if (!inUse(keys, identity)) {
        idle.push(whyIdle(owner, identity, io.clock.now()));
        continue;
      }
      const found = checkIdentity(owner, identity, trust, io.clock.now());
      if (found.length === 0) usable++;
      findings.push(...found);
    }
  }
  if (findings.length > 0) return findings;
  const pairs = usable === 1 ? '1 pair' : `${usable} pairs`;
  const text = `${pairs} of certificate and key in use: they open, belong together, name their list and are valid`;
  return [fine(check, (usable === 0 ? 'no list has a key' : text) + idleText(idle))];
}

const noneHint =
  'ssympa list key show LIST; install a pair whose certificate may do it with ssympa p12topem or ssympa list key';

/** Why a pair is neither given out nor signs; it decrypts where its certificate is for that. */
function whyIdle(list: KeyOwner, { certificate, generation }: ListIdentity, nowMs: number): string {
  if (isRetired(generation)) return 'retired';
  if (!certificateAddresses(certificate).map(canonicalAddress).includes(list.address))
    return 'of another address';
  return nowMs > certificate.notAfterMs ? 'expired' : 'replaced';
}

function idleText(idle: readonly string[]): string {
  if (idle.length === 0) return '';
  const counts = [...Map.groupBy(idle, (why) => why)].map(([why, { length }]) => `${length} ${why}`);
  return `; ${idle.length} more for old mail alone (${counts.join(', ')})`;
}

function inUse(keys: ListKeys, identity: ListIdentity): boolean {
  return encryptionIdentity(keys) === identity || signingIdentity(keys) === identity;
}
function checkIdentity(
  list: KeyOwner,
  { certificate, chain, generation }: ListIdentity,
  trust: TrustMaterial | undefined,
  nowMs: number,
): readonly Finding[] {
  const file = `${list.directory}/cert.pem${generation}`;
  const addresses = certificateAddresses(certificate).map(canonicalAddress);
  const isSigner = generation === '.sign';
  if (!addresses.includes(list.address)) {
    const named = addresses.length === 0 ? 'no address' : addresses.join(', ');
    return [
      problem(
        check,
        `${file} names ${named}, not ${list.address}`,
        "install a certificate of the list's address",
      ),
    ];
  }
  if (nowMs > certificate.notAfterMs)
    return [
      problem(
        check,
        `${file} expired on ${dayOf(certificate.notAfterMs)}`,
        'install a new one with ssympa p12topem --replace or ssympa list key; the old pair still decrypts',
      ),
    ];
  if (nowMs + soonMs > certificate.notAfterMs)
    return [warning(check, `${file} expires on ${dayOf(certificate.notAfterMs)}`, 'get the next one now')];
  if (!trust || trust.trustAnchors.length === 0) return [];
  const purpose = isSigner || !certificateUses(certificate).encrypt ? 'smimesign' : 'smimeencrypt';
  const verdict = validatePath({ certificate, untrusted: chain, ...trust, atMs: nowMs, purpose });
  if (verdict.status === 'valid') return [];
  const hint =
    'senders may see warnings; put the certificates between it and the anchor behind it in the file';
  return [warning(check, `${file} is not trusted from here: ${verdict.reason}`, hint)];
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Another check tells of anchors that cannot be read. */
function noneWhereBroken(error: unknown): undefined {
  if (!(error instanceof TrustError)) throw error;
}
