import { distributionRows, type RecipientPlan, writeDistribution } from '../delivery/recipient-plan.ts';
import { keepWaitingUntilMs } from '../delivery/waiting.ts';
import { bodyBytes, type Entity } from '../mime/entity.ts';
import { freshenList } from '../requests/freshen-list.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import { archivePost, isToBeArchived } from './archive-post.ts';
import type { StillUndecided } from './decide-once.ts';
import { type Disposition, discard, reject } from './disposition.ts';
import { distributionHead, forwardHead } from './distribution-head.ts';
import { withFooters } from './footers.ts';
import { planRecipients } from './plan-distribution.ts';
import type { OpenedPost, PipelineParts } from './post.ts';
import { madeMessageId, messageIdIn } from './post-id.ts';
import { postRecipients } from './post-recipients.ts';
import { writeDecision, writeMissing, writeRefusal } from './settle.ts';
import { signatureNames } from './signature-names.ts';

/** Distributes a post to the subscribers of its list: state, outcome rows, jobs and reports in one transaction. */
export async function settleDistribution(
  post: OpenedPost,
  disposition: Disposition,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  await freshenList(post.list!, parts);
  const plan = await planRecipients(post, await postRecipients(post, parts), 'owner', parts);
  const entity = await withFooters(post, parts);
  await parts.store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    const refusal = await claimOnce(tx, post);
    if (refusal) {
      await writeDecision(tx, post, refusal);
      await writeRefusal(tx, post, refusal, parts);
      return;
    }
    // What a subscriber reads could otherwise be sent on, signature and all, to the address that takes commands.
    for (const name of signatureNames(post.opened)) await tx.usedSignatures.claim(name, post.message.id);
    await writeDecision(tx, post, disposition);
    const sequence = await tx.counters.next(post.list!.address);
    await writeRows(tx, post, plan, entity, sequence, parts);
  });
}

/** Sends a message on to the people behind a list or the site, sealed for each where it came encrypted. */
export async function settleForward(
  post: OpenedPost,
  disposition: Extract<Disposition, { status: 'forward' }>,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  const envelope = post.list ? 'owner' : 'null';
  const plan = await planRecipients(post, disposition.recipients, envelope, parts);
  await parts.store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    await writeDecision(tx, post, disposition);
    await writeRows(tx, post, plan, post.message.entity, 0, parts);
  });
}

/** One post goes out once: neither the same Message-ID nor the same ciphertext goes to a list again. */
async function claimOnce(tx: Repositories, post: OpenedPost): Promise<Disposition | undefined> {
  const list = post.list!.address;
  // A wrapped key belongs to one message: under another ciphertext it is an AEAD message dressed up as CBC (RFC 9709 §1).
  const { contentDigest, keyDigest } = post.opened.decryption;
  for (const digest of [contentDigest, keyDigest])
    if (digest !== null && !(await tx.ciphertexts.claim(list, digest, post.message.id)))
      return reject('already-distributed');
  // One without gets one of ours, by which a bounce names it.
  const messageId = messageIdIn(post.message.entity.header) ?? madeMessageId(post, post.list!);
  return (await tx.postIds.claim(list, messageId, post.message.id)) ? undefined : discard('duplicate');
}

async function writeRows(
  tx: Repositories,
  post: OpenedPost,
  plan: RecipientPlan,
  entity: Entity,
  sequence: number,
  parts: PipelineParts,
): Promise<void> {
  const nowMs = parts.clock.now();
  const sealed = plan.policy.seal !== null;
  const { list, message, kind } = post;
  const head =
    kind === 'post' && list
      ? distributionHead({ post, entity, list, sequence, sealed, tagSubject: mayTagSubject(post), nowMs })
      : forwardHead(post, sealed, nowMs);
  const id = newId(nowMs);
  const isArchived = isToBeArchived(post, parts);
  if (isArchived) await archivePost(tx, post, { distributionId: id, sequence, sentAt: nowMs });
  const base = {
    id,
    messageId: message.id,
    list: list?.address ?? '',
    sender: message.sender.status === 'known' ? message.sender.address : '',
    sequence,
    head,
    content: sealed ? null : bodyBytes(entity),
    createdAt: nowMs,
    finishedAt: null,
  };
  const keepsContent = isArchived && !sealed && entity !== message.entity;
  const policy = { ...plan.policy, ...(keepsContent && { keepsContent }) };
  const rows = distributionRows(
    base,
    { ...plan, policy },
    parts.site.conf.nrcpt,
    keepWaitingUntilMs(parts.site, nowMs),
  );
  await writeDistribution(tx, rows);
  await writeMissing(tx, post, rows, parts);
}

/** A protected Subject is what readers see: a tag outside would be invisible, inside it would break the signature. */
function mayTagSubject(post: OpenedPost): boolean {
  return post.opened.headerProtection.mode === 'none';
}
