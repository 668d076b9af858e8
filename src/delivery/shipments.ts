import { formatVerp } from '../lists/verp.ts';
import type { OutgoingCopy } from '../smtp/transport.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { Distribution } from '../store/distributions.ts';
import type { Copy, CopySource } from './copy-source.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { type DistributionPolicy, parsePolicy } from './distribution-policy.ts';
import { deliveryErrorCodes } from './error.ts';
import { takesVerp } from './packets.ts';
import { enqueueMissingNotice, keepWaitingUntilMs, trustTargetOf } from './waiting.ts';

/** One transaction with the peer: a copy and the recipients that get it. */
export interface Shipment {
  readonly copy: OutgoingCopy;
  readonly rows: readonly DeliveryRow[];
}

/**
 * Makes the transactions of one packet, each when it is asked for. Who cannot be sealed for waits from then on.
 */
export async function* shipments(
  parts: DeliveryParts,
  distribution: Distribution,
  source: CopySource,
  rows: readonly DeliveryRow[],
): AsyncGenerator<Shipment> {
  const policy = parsePolicy(distribution.policy);
  const choices = policy.seal
    ? await parts.certificates.chooseForEncryption(
        parts.store,
        rows.map((row) => row.address),
        await trustTargetOf(parts, distribution.list),
      )
    : undefined;
  const together: DeliveryRow[] = [];
  const bouncers = await bouncersAmong(parts, distribution, policy, rows);
  for (const row of rows) {
    if (!choices && !bouncers.has(row.address) && !alone(row, distribution, policy)) {
      together.push(row);
      continue;
    }
    const choice = choices?.get(row.address);
    const found = choice?.status === 'found' ? choice : undefined;
    const recipient = {
      address: row.address,
      certificate: found?.certificate,
      capabilities: found?.capabilities ?? null,
    };
    const copy = source.copyFor(recipient);
    if (copy.status === 'waits') await makeWait(parts, distribution, row, copy);
    else yield shipmentOf(parts, distribution, policy, copy, [row], true);
  }
  const shared =
    together.length > 0
      ? source.copyFor({ address: '', certificate: undefined, capabilities: null })
      : undefined;
  if (shared?.status === 'copy') yield shipmentOf(parts, distribution, policy, shared, together, false);
}

/**
 * Whoever bounced gets a return address of one's own from then on: the next bounce proves itself, and one that somebody
 * makes up does not.
 */
async function bouncersAmong(
  { store }: DeliveryParts,
  { list }: Distribution,
  { envelope }: DistributionPolicy,
  rows: readonly DeliveryRow[],
): Promise<ReadonlySet<string>> {
  if (envelope !== 'owner') return new Set();
  return store.bouncers.among(
    list,
    rows.map((row) => row.address),
  );
}

function alone(row: DeliveryRow, distribution: Distribution, policy: DistributionPolicy): boolean {
  if (policy.envelope === 'verp') return true;
  return policy.envelope === 'owner' && takesVerp(row.address, distribution.sequence, policy.verpRate);
}

function shipmentOf(
  parts: DeliveryParts,
  distribution: Distribution,
  policy: DistributionPolicy,
  made: Extract<Copy, { status: 'copy' }>,
  rows: readonly DeliveryRow[],
  verp: boolean,
): Shipment {
  const recipients = rows.map((row) => row.address);
  const envelopeSender = envelopeSenderFor(parts, distribution, policy, verp ? recipients[0]! : undefined);
  const { pieces, eightBit } = made;
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const smtputf8 = made.utf8Header || recipients.some((address) => !isAscii(address));
  return { copy: { envelopeSender, recipients, pieces, size, smtputf8, eightBit }, rows };
}

function envelopeSenderFor(
  parts: DeliveryParts,
  distribution: Distribution,
  policy: DistributionPolicy,
  only: string | undefined,
): string {
  if (policy.envelope === 'null') return '';
  const robot = parts.lists.robotOf(distribution.list);
  if (only !== undefined)
    return formatVerp(distribution.list, only, parts.verpKey, { prefix: robot.conf.bounce_email_prefix });
  const at = distribution.list.lastIndexOf('@');
  return `${distribution.list.slice(0, at)}${robot.conf.return_path_suffix}${distribution.list.slice(at)}`;
}

async function makeWait(
  parts: DeliveryParts,
  distribution: Distribution,
  row: DeliveryRow,
  copy: Extract<Copy, { status: 'waits' }>,
): Promise<void> {
  const { distributionId, address } = row;
  const reply = deliveryErrorCodes[copy.code].meaning;
  await parts.store.transaction(async (tx) => {
    // From the post on, so that a certificate that comes and expires does not have it kept for ever.
    const keepUntil = keepWaitingUntilMs(parts.site, distribution.createdAt);
    await tx.deliveries.record([
      { distributionId, address, state: 'waiting', code: copy.code, reply, keepUntil },
    ]);
    await tx.reports.add({ list: distribution.list, address, distributionId, code: copy.code });
    await enqueueMissingNotice(tx, distribution.list, address);
  });
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
