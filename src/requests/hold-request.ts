import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import { issueKey } from './keys.ts';
import { mayMail } from './limits.ts';
import type { RequestParts } from './operation.ts';
import type { Requester } from './requester.ts';

/** A call, not looked at: operations that hold others are themselves among those that a call may name. */
interface HeldCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** What is to be held, with the command that it is. */
export interface ToHold {
  readonly call: HeldCall;
  /** As `formatCall` writes it. */
  readonly command: string;
}

/** A request that waits for somebody. */
export interface HeldRequest {
  readonly call: HeldCall;
  /** Who asked. */
  readonly sender: string;
  /** The domain that was asked. */
  readonly domain?: string;
  /** The command as it stands in the mail with the key, whatever its list is called since. */
  readonly command?: string;
}

/**
 * Keeps a request until the address concerned sends the key back that it gets by mail.
 *
 * @param address who is to confirm
 * @returns false when too many keys went to that address or its domain lately; nothing is kept then
 */
export async function holdForConfirmation(
  tx: Repositories,
  { call, command }: ToHold,
  { list, requester, address }: { list: List | undefined; requester: Requester; address: string },
  parts: RequestParts,
): Promise<boolean> {
  if (!(await mayMail(tx, address, parts))) return false;
  const { site, clock } = parts;
  const days = site.conf.clean_delay_queuesubscribe;
  const held: HeldRequest = { call, sender: requester.sender, domain: requester.robot.domain, command };
  const listAddress = list?.address ?? '';
  const key = await issueKey(tx, { kind: 'confirm', list: listAddress, address, held, days }, clock.now());
  await enqueueServiceMail(tx, `request-auth ${newId(clock.now())}`, {
    template: 'request-auth',
    list: listAddress,
    domain: requester.robot.domain,
    to: [address],
    replyTo: 'commands',
    variables: {
      key,
      command,
      requestedBy: requester.sender === address ? null : requester.sender,
      days,
    },
  });
  return true;
}

/** Keeps a request until an owner of the list decides. */
export async function holdForOwners(
  tx: Repositories,
  { call, command }: ToHold,
  { list, requester, about }: { list: List; requester: Requester; about: string },
  { site, clock }: RequestParts,
): Promise<void> {
  const days = site.conf.clean_delay_queuesubscribe;
  const held: HeldRequest = { call, sender: requester.sender, domain: requester.robot.domain, command };
  const key = await issueKey(
    tx,
    { kind: 'approve', list: list.address, address: about, held, days },
    clock.now(),
  );
  await enqueueServiceMail(tx, `owner-approval ${newId(clock.now())}`, {
    template: 'owner-approval',
    list: list.address,
    to: 'owners',
    replyTo: 'commands',
    variables: { key, command, who: requester.sender, about, days },
  });
}
