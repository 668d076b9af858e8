import { bodyBytes, parseEntity } from '../mime/entity.ts';
import type { ArchivePost } from '../store/archive-posts.ts';
import type { Distribution } from '../store/distributions.ts';
import type { JobHandler } from '../store/job-runner.ts';
import type { Repositories } from '../store/store.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { parsePolicy } from './distribution-policy.ts';
import { distributionRows, planSealed, type RecipientPlan, writeDistribution } from './recipient-plan.ts';
import { enqueueMissingNotice, keepWaitingUntilMs, trustTargetOf } from './waiting.ts';

/** What a job of this kind is about. */
interface Resending {
  readonly list: string;
  readonly sequence: number;
  readonly address: string;
}

/**
 * Asks for a copy of an archived post, as part of what asks for it.
 *
 * @param subject makes it one of its kind
 */
export async function enqueueResend(
  repositories: Pick<Repositories, 'jobs'>,
  { list, sequence }: Pick<ArchivePost, 'list' | 'sequence'>,
  address: string,
  subject: string,
): Promise<void> {
  const payload = { list, sequence, address } satisfies Resending;
  await repositories.jobs.enqueue({ role: 'delivery', kind: 'resend-post', subject, payload });
}

/**
 * Makes the handler that sends an archived post to one person: under the head that it was distributed with, as it was
 * or, where it came encrypted, sealed anew for that person. Nothing is opened here.
 */
export function resendPostHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const { list, sequence, address } = job.payload as unknown as Resending;
    const archived = await parts.store.archivePosts.find(list, sequence);
    const original = archived && (await parts.store.distributions.find(archived.distributionId));
    // Its month may be over since it was asked for.
    if (!original) return { status: 'done' };
    const plan = await planFor(original, address, parts);
    const content = plan.policy.seal ? null : await contentOf(original, parts);
    await parts.store.transaction(async (tx) => {
      // The id is the job's: a job that ran before a crash, or on another node, has sent this copy.
      if (await tx.distributions.find(job.id)) return;
      // Whoever lets go of the bytes of an archive waits for this copy, or came before it.
      if (await tx.archivePosts.locked(list, sequence))
        await writeCopy(tx, { ...original, id: job.id, content }, plan, parts);
    });
    return { status: 'done' };
  };
}

async function planFor(
  original: Distribution,
  address: string,
  parts: DeliveryParts,
): Promise<RecipientPlan> {
  const { seal } = parsePolicy(original.policy);
  if (!seal) {
    const policy = { seal, envelope: 'owner', verpRate: 0, onRequest: true } as const;
    return { policy, ready: [address], waiting: [] };
  }
  const list = await parts.lists.find(original.list);
  const downgrade = list?.config.seal_downgrade ?? false;
  const target = await trustTargetOf(parts, original.list);
  const plan = await planSealed([address], { inbound: seal.inbound, downgrade, target }, parts);
  return { ...plan, policy: { ...plan.policy, onRequest: true } };
}

/** The body as it was sent: kept where the list's texts were added to it, that of the message as received otherwise. */
async function contentOf(
  { content, messageId }: Distribution,
  { store }: DeliveryParts,
): Promise<Uint8Array> {
  return content ?? bodyBytes(parseEntity((await store.messages.get(messageId)).raw));
}

async function writeCopy(
  tx: Repositories,
  copy: Distribution,
  plan: RecipientPlan,
  { clock, site }: DeliveryParts,
): Promise<void> {
  const nowMs = clock.now();
  const base = { ...copy, createdAt: nowMs, finishedAt: null };
  const rows = distributionRows(base, plan, site.conf.nrcpt, keepWaitingUntilMs(site, nowMs));
  await writeDistribution(tx, rows);
  for (const { address } of plan.waiting) await enqueueMissingNotice(tx, copy.list, address);
}
