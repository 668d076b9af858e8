import type { Robot, Site } from '../config/site.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { List } from './list.ts';
import { isListName } from './list-name.ts';
import type { Lists } from './lists.ts';
import { addressDigest, parseVerp, type Verp, verpKey } from './verp.ts';

/** What an address of the site stands for. */
export type Recipient =
  | { readonly kind: 'post' | 'request' | 'editor' | 'owner'; readonly list: List }
  | { readonly kind: 'bounce'; readonly list: List | undefined; readonly verp: Verp | undefined }
  | { readonly kind: 'listmaster'; readonly robot: Robot }
  | { readonly kind: 'command'; readonly robot: Robot; readonly list?: List }
  | { readonly kind: 'unknown' };

const unknown: Recipient = { kind: 'unknown' };

/** RFC 5321 §4.5.3.1.3: a path has at most 256 octets. */
const maxAddressLength = 256;

/** What the suffix of a list's address makes of it; a list itself has none of these at the end of its name. */
const suffixKinds = {
  '-request': 'request',
  '-editor': 'editor',
  '-subscribe': 'command',
  '-unsubscribe': 'command',
} as const;

/**
 * Tells what a RCPT TO address stands for. Case does not count.
 *
 * @param address as the peer gave it, any text
 * @returns `unknown` for what this site takes no mail for
 */
export async function resolveRecipient(lists: Lists, site: Site, address: string): Promise<Recipient> {
  if (address.length > maxAddressLength) return unknown;
  const canonical = canonicalAddress(address);
  const at = canonical.lastIndexOf('@');
  const local = canonical.slice(0, Math.max(at, 0));
  const robot = site.robots.find(({ domain }) => domain === canonical.slice(at + 1));
  if (!robot || local === '') return unknown;
  const own = ownAddress(local, robot);
  if (own) return own;
  if (local.startsWith(`${robot.conf.bounce_email_prefix.toLowerCase()}+`))
    return bounceOf(lists, site, canonical, robot);
  return listAddress(lists, local, robot);
}

function ownAddress(local: string, robot: Robot): Recipient | undefined {
  const { email, listmaster_email: listmaster, return_path_suffix: suffix } = robot.conf;
  const service = email.toLowerCase();
  if (local === service) return { kind: 'command', robot };
  // RFC 5321 §4.5.1: a domain that takes mail takes mail for postmaster.
  if ([listmaster.toLowerCase(), 'postmaster', `${service}-request`].includes(local))
    return { kind: 'listmaster', robot };
  if (local === 'abuse-feedback-report') return { kind: 'bounce', list: undefined, verp: undefined };
  return local === `${service}${suffix}` ? { kind: 'bounce', list: undefined, verp: undefined } : undefined;
}

async function bounceOf(lists: Lists, site: Site, address: string, robot: Robot): Promise<Recipient> {
  // Whose copy it was is looked up when the mail is read, not for each RCPT.
  const made = await returnAddress(lists, address, await verpKey(site));
  return made ? { kind: 'bounce', ...made } : unprovenBounce(lists, address, robot);
}

/** A return address of one recipient, made here. */
export interface ProvenReturn {
  /** `undefined` where the list is gone. */
  readonly list: List | undefined;
  readonly verp: Verp;
}

/**
 * Reads a return address of one recipient that this site made, and finds its list and, where only a digest fitted, the
 * subscriber among all of them.
 *
 * @param address canonical
 * @param key from `verpKey`
 */
export async function provenReturn(
  lists: Lists,
  address: string,
  key: string,
): Promise<ProvenReturn | undefined> {
  const made = await returnAddress(lists, address, key);
  if (!made?.list || made.verp.digest === undefined) return made;
  return { ...made, verp: { ...made.verp, address: await findByDigest(lists, made.list, made.verp.digest) } };
}

/** The MAC tells that the site made it. */
async function returnAddress(lists: Lists, address: string, key: string): Promise<ProvenReturn | undefined> {
  const robot = lists.robotOf(address);
  const verp = parseVerp(address, key, { prefix: robot.conf.bounce_email_prefix });
  return verp && { list: await lists.find(`${verp.listName}@${robot.domain}`), verp };
}

/**
 * A return address that proves nothing, as Sympa's own from before a move here: it is taken for the list that it names,
 * and says nothing of anybody.
 */
async function unprovenBounce(lists: Lists, address: string, robot: Robot): Promise<Recipient> {
  const parts = address.slice(0, address.lastIndexOf('@')).split('==');
  // `user==domain==list`, and one more part in Sympa's welcome and tracking mail.
  for (const name of parts.slice(2, 4)) {
    const list = isListName(name) ? await lists.find(`${name}@${robot.domain}`) : undefined;
    if (list) return { kind: 'bounce', list, verp: undefined };
  }
  return unknown;
}

/** Only for an address whose MAC is of this site, and once for each mail. */
async function findByDigest(lists: Lists, list: List, digest: string): Promise<string | undefined> {
  for await (const { address } of lists.store?.subscribers.iterate(list.address) ?? [])
    if (addressDigest(address) === digest) return address;
  return undefined;
}

async function listAddress(lists: Lists, local: string, robot: Robot): Promise<Recipient> {
  const find = async (name: string) => (isListName(name) ? lists.find(`${name}@${robot.domain}`) : undefined);
  const list = await find(local);
  if (list) return { kind: 'post', list };
  const bounces = robot.conf.return_path_suffix.toLowerCase();
  if (bounces !== '' && local.endsWith(bounces)) {
    const behind = await find(local.slice(0, -bounces.length));
    if (behind) return { kind: 'owner', list: behind };
  }
  for (const [suffix, kind] of Object.entries(suffixKinds)) {
    if (!local.endsWith(suffix)) continue;
    const behind = await find(local.slice(0, -suffix.length));
    if (behind) return kind === 'command' ? { kind, robot, list: behind } : { kind, list: behind };
  }
  return unknown;
}
