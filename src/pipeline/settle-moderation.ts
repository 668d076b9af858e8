import { formatPolicy } from '../delivery/distribution-policy.ts';
import { mailFrame } from '../delivery/mail-frame.ts';
import { attachedPost, protectMail, splitMessage } from '../delivery/own-mail.ts';
import { tellUnsigned, voiceOf } from '../delivery/own-voice.ts';
import { type DistributionRows, distributionRows, writeDistribution } from '../delivery/recipient-plan.ts';
import { type SignOwn, signOwnMail } from '../delivery/seal-own-mail.ts';
import { enqueueMissingNotice } from '../delivery/waiting.ts';
import { parseEntity } from '../mime/entity.ts';
import { answerSender } from '../requests/answer-sender.ts';
import { issueKey } from '../requests/keys.ts';
import { newId } from '../secrets.ts';
import { prepareMail, type RenderedMail } from '../templates/render-mail.ts';
import type { StillUndecided } from './decide-once.ts';
import type { Disposition } from './disposition.ts';
import { planRecipients } from './plan-distribution.ts';
import type { OpenedPost, PipelineParts } from './post.ts';
import { messageIdOf, secrecyOf, senderToTell, writeDecision } from './settle.ts';

/**
 * Keeps a post for the editors: the state, the key, a copy for each editor and the word to the sender in one transaction.
 * What came encrypted is sealed for each editor, the text with the key too; an editor without certificate waits for it.
 */
export async function settleModeration(
  post: OpenedPost,
  disposition: Disposition,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  const list = post.list!;
  const { store, clock, site } = parts;
  const days = list.config.clean_delay_queuemod;
  const frame = mailFrame(site, list.robot, list);
  const mail = await prepareMail('moderate', list.config.lang, frame.folders);
  const voice = await voiceOf(list.robot, list, parts);
  const plan = await planRecipients(post, list.receptiveEditors, 'null', parts);
  await store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    await writeDecision(tx, post, disposition);
    const nowMs = clock.now();
    const order = {
      kind: 'moderate',
      list: list.address,
      address: '',
      messageId: post.message.id,
      days,
    } as const;
    const key = await issueKey(tx, order, nowMs);
    const rendered = mail.render({
      variables: { ...frame.variables, key, days, commands: frame.commands },
      from: voice.from,
      replyTo: frame.commands,
      to: list.receptiveEditors,
      atMs: nowMs,
      moreFields: [['X-Loop', list.address]],
    });
    const rows = rowsOf(post, { rendered, by: { signer: voice.signer, atMs: nowMs } }, plan, parts);
    await writeDistribution(tx, rows);
    await tellUnsigned(tx, voice, parts);
    for (const row of rows.deliveries)
      if (row.state === 'waiting') await enqueueMissingNotice(tx, list.address, row.address);
    const to = senderToTell(post);
    const isQuiet =
      'explanation' in disposition && disposition.explanation?.decision.modifiers.includes('quiet');
    if (to === undefined || isQuiet) return;
    const about = { subject: `post-held ${post.message.id}`, template: 'post-held', list: list.address };
    await answerSender(
      tx,
      { ...about, ...secrecyOf(post), to, variables: { messageId: messageIdOf(post) } },
      parts,
    );
  });
}

/** Our own part of a moderation mail, and who signs the whole. */
interface OwnPart {
  readonly rendered: RenderedMail;
  readonly by: SignOwn;
}

function rowsOf(
  post: OpenedPost,
  { rendered, by }: OwnPart,
  plan: Awaited<ReturnType<typeof planRecipients>>,
  { clock, site }: PipelineParts,
): DistributionRows {
  const nowMs = clock.now();
  const sealed = plan.policy.seal !== null;
  const whole = sealed ? undefined : splitEntity(readableMail(rendered.raw, post.message.raw, by));
  const base = {
    id: newId(nowMs),
    messageId: post.message.id,
    list: post.list!.address,
    sender: '',
    sequence: 0,
    // What is sealed is put together when it leaves; here lies our own part of it alone.
    head: whole ? whole.fields : protectMail(rendered.raw).head,
    content: whole ? whole.body : rendered.raw,
    createdAt: nowMs,
    finishedAt: null,
  };
  const policy = { ...plan.policy, envelope: 'null' } as const;
  // Waits as long as the post itself does.
  const keepUntil = nowMs + post.list!.config.clean_delay_queuemod * 86_400_000;
  const rows = distributionRows(base, { ...plan, policy }, site.conf.nrcpt, keepUntil);
  const form = sealed ? 'wrapped' : 'notice';
  return { ...rows, distribution: { ...rows.distribution, form, policy: formatPolicy(policy) } };
}

/** The post goes along as it is; a signature covers it with our text. */
function readableMail(own: Uint8Array, post: Uint8Array, by: SignOwn): Uint8Array {
  const { head, text } = splitMessage(own);
  const entity = attachedPost(text, post);
  if (by.signer) return signOwnMail(own, by, entity);
  return Buffer.concat([head, Buffer.from('MIME-Version: 1.0\r\n'), entity]);
}

function splitEntity(entity: Uint8Array): { readonly fields: Uint8Array; readonly body: Uint8Array } {
  const { headerSpan, bodySpan } = parseEntity(entity);
  // The empty line comes with the copy.
  return {
    fields: entity.subarray(headerSpan.start, headerSpan.end - 2),
    body: entity.subarray(bodySpan.start, bodySpan.end),
  };
}
