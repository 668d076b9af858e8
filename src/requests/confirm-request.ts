import type { RequestKey } from '../store/request-keys.ts';
import { formatCall, type RequestCall } from './call.ts';
import type { HeldRequest } from './hold-request.ts';
import { digestOfKey } from './keys.ts';
import type { RequestParts } from './operation.ts';
import { type PlannedRequest, planRequest } from './plan-request.ts';
import { type RequestReport, refused } from './report.ts';
import { actorOf, type Requester } from './requester.ts';
import { actsAs } from './roles-held.ts';

/** A key sent back, perhaps with the command that it is for. */
export interface Confirmation {
  readonly key: string;
  /** As `formatCall` writes it; where it is given, the key must be for just that. */
  readonly command?: string;
}

/**
 * Takes a key back: a request goes on as confirmed by the address that the key went to (`md5`), or as decided by an owner.
 * A key is good for one act, one list and one address, once.
 */
export async function planConfirmation(
  { key, command }: Confirmation,
  requester: Requester,
  parts: RequestParts,
): Promise<PlannedRequest> {
  // The key itself stands in no report.
  const shown = command === undefined ? 'AUTH' : `AUTH ${command}`;
  const digest = digestOfKey(key);
  const row = await parts.store.requestKeys.find(digest);
  const fault = await faultOf(row, requester, parts);
  if (fault || !row) return { command: shown, perform: async () => fault ?? refused('key-unknown') };
  const held = heldOf(row);
  const meant = held.command ?? formatCall(held.call as RequestCall);
  if (command !== undefined && normal(command) !== normal(meant))
    return { command: shown, perform: async () => refused('key-unknown') };
  return planHeldRequest(row, requester, parts);
}

/**
 * Lets a request go on that waits under a key.
 *
 * @param row not used yet
 * @param requester who may confirm or decide; nothing is looked at here
 */
export async function planHeldRequest(
  row: RequestKey,
  requester: Requester,
  parts: RequestParts,
): Promise<PlannedRequest> {
  const held = heldOf(row);
  const planned = await planRequest(
    held.call as RequestCall,
    confirmedRequester(row, held, inItsDomain(held, requester, parts)),
    parts,
  );
  return {
    ...planned,
    perform: async (tx) =>
      (await tx.requestKeys.use(row.digest, actorOf(requester), 'done'))
        ? planned.perform(tx)
        : refused('key-used'),
  };
}

/** What was asked of one domain is done there, wherever the key came back to. */
function inItsDomain({ domain }: HeldRequest, requester: Requester, { lists }: RequestParts): Requester {
  return domain === undefined ? requester : { ...requester, robot: lists.robotOf(domain) };
}

function heldOf({ request }: RequestKey): HeldRequest {
  return JSON.parse(request!) as HeldRequest;
}

/** Says why a key does nothing for this requester. */
async function faultOf(
  row: RequestKey | undefined,
  requester: Requester,
  { lists, clock }: RequestParts,
): Promise<RequestReport | undefined> {
  if (!row || row.expiresAt <= clock.now()) return refused('key-unknown');
  if (row.kind !== 'confirm' && row.kind !== 'approve') return refused('key-unknown');
  if (row.usedAt !== null) return refused('key-used');
  if (requester.channel === 'command-line') return undefined;
  if (row.kind === 'confirm') return row.address === requester.sender ? undefined : refused('key-unknown');
  const list = await lists.find(row.list);
  return list && actsAs('owner', { list, requester }) ? undefined : refused('not-owner');
}

/** A confirmation is by the address that the key went to; an approval lets the request of somebody else go on. */
function confirmedRequester(
  { kind, address, list }: RequestKey,
  held: HeldRequest,
  requester: Requester,
): Requester {
  const { robot, channel, messageId } = requester;
  const base = { robot, channel, messageId, method: 'md5' as const };
  if (kind === 'confirm') return { ...base, sender: address, confirmedBy: address, requestedBy: held.sender };
  return { ...base, sender: held.sender, approvedBy: actorOf(requester) || list };
}

function normal(command: string): string {
  return command.trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
