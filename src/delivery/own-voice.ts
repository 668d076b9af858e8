import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import type { Repositories } from '../store/store.ts';
import { type OwnSigner, ownSigning, type SigningFaultCode } from '../trust/own-signer.ts';
import { type KeyOwner, siteKeyOwner } from '../trust/site-key.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { mailFrame } from './mail-frame.ts';
import { enqueueServiceMail } from './service-mail.ts';

/** In whose name mail of ours goes out, and who signs it. */
export interface OwnVoice {
  /** The address of the list or the one that takes commands where it signs, since a certificate must name From. */
  readonly from: string;
  /** Where answers go; the address that takes them may be another than the one that signs. */
  readonly replyTo: string;
  readonly signer: OwnSigner | undefined;
  /** A key that is there and cannot be used. */
  readonly fault: SigningFault | undefined;
}

/** Why mail goes out unsigned. */
interface SigningFault {
  readonly owner: KeyOwner;
  readonly code: SigningFaultCode;
  readonly domain: string;
  /** The mail is about a list, or about none. */
  readonly list: string;
}

type Parts = Pick<DeliveryParts, 'site' | 'keyring' | 'clock'>;

/** Finds in whose name mail about a list, or of a domain, goes out. */
export async function voiceOf(robot: Robot, list: List | undefined, parts: Parts): Promise<OwnVoice> {
  const frame = mailFrame(parts.site, robot, list);
  const unsigned = { from: frame.from, replyTo: frame.from };
  return speakAs(list ?? siteKeyOwner(robot), unsigned, { robot, list }, parts);
}

/**
 * Finds in whose name reports about commands go out: the list that the commands came to where it signs, else the address
 * that takes commands.
 */
export async function reportVoiceOf(robot: Robot, list: List | undefined, parts: Parts): Promise<OwnVoice> {
  const { commands } = mailFrame(parts.site, robot, list);
  const unsigned = { from: commands, replyTo: commands };
  const ofList = list && (await speakAs(list, unsigned, { robot, list }, parts));
  if (ofList?.signer) return ofList;
  const ofSite = await speakAs(siteKeyOwner(robot), unsigned, { robot, list: undefined }, parts);
  return { ...ofSite, fault: ofList?.fault ?? ofSite.fault };
}

async function speakAs(
  owner: KeyOwner,
  unsigned: Pick<OwnVoice, 'from' | 'replyTo'>,
  { robot, list }: { readonly robot: Robot; readonly list: List | undefined },
  parts: Parts,
): Promise<OwnVoice> {
  const signing = await ownSigning(owner, parts);
  if (signing.status === 'signs')
    return { from: owner.address, replyTo: unsigned.replyTo, signer: signing.signer, fault: undefined };
  const about = { owner, domain: robot.domain, list: list?.address ?? '' };
  const fault = signing.status === 'unable' ? { ...about, code: signing.code } : undefined;
  return { ...unsigned, signer: undefined, fault };
}

/**
 * Tells the listmasters, once a period and key, that mail goes out unsigned. They were told already where posts wait for
 * the same key.
 */
export async function tellUnsigned(
  tx: Pick<Repositories, 'notices' | 'jobs'>,
  { fault }: Pick<OwnVoice, 'fault'>,
  { clock, lists, site, log }: Pick<DeliveryParts, 'clock' | 'lists' | 'site' | 'log'>,
): Promise<void> {
  if (!fault) return;
  const { owner, code, domain, list } = fault;
  log.warn('mail goes out unsigned', { address: owner.address, code });
  const [nowMs, periodMs] = [clock.now(), site.conf.cert_missing_notice_period];
  if (list !== '' && !(await tx.notices.isDue(list, '!key-unavailable', nowMs, periodMs))) return;
  if (!(await tx.notices.dueThenMark(owner.address, '!unsigned', nowMs, periodMs))) return;
  await enqueueServiceMail(tx, `unsigned ${owner.address}`, {
    template: 'unsigned-listmaster',
    list: '',
    domain,
    to: lists.listmasters(lists.robotOf(owner.address)),
    variables: { address: owner.address, code },
  });
}
