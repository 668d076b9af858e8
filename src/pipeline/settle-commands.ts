import { tellUnsigned } from '../delivery/own-voice.ts';
import { ownSealFor, type SignOwn, sealOwnMail, signOwnMail } from '../delivery/seal-own-mail.ts';
import { insertServiceMail } from '../delivery/send-service-mail.ts';
import { mayBeAnswered } from '../message/automatic.ts';
import { mayReport, type ReportToSend } from '../requests/limits.ts';
import { type ReportCode, type RequestReport, refused } from '../requests/report.ts';
import type { ReportEntry } from '../requests/report-mail.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import type { EncryptionChoice } from '../trust/encryption-choice.ts';
import type { CommandBatch } from './command-batch.ts';
import type { StillUndecided } from './decide-once.ts';
import type { OpenedPost, PipelineParts } from './post.ts';
import { messageIdOf, writeDecision } from './settle.ts';

/**
 * Carries out the commands of a message and puts the report about them on its way, all in one transaction: a crash leaves
 * all of it or nothing, so that no command is done twice.
 */
export async function settleCommands(
  post: OpenedPost,
  batch: CommandBatch,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  const isClosed = post.opened.decryption.status === 'opened';
  const choice = isClosed ? await encryptionChoice(batch.replyTo, post, parts) : undefined;
  await parts.store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    const entries = await carryOut(tx, post, batch);
    await writeDecision(tx, post, { status: 'execute', batch });
    await tx.messages.dropRaw(post.message.id);
    const shown = entries.filter(isShown);
    if (shown.length === 0 || !mayBeAnswered(post.message)) return;
    if (!(await mayReport(tx, toSendOf(shown, batch), parts))) return;
    const raw = reportOf(shown, post, batch, isClosed ? { choice } : undefined, parts.clock.now());
    const mail = { list: post.list?.address ?? '', to: [batch.replyTo] };
    await insertServiceMail(tx, newId(parts.clock.now()), mail, { raw }, parts);
    await tellUnsigned(tx, batch.reports.voice, parts);
  });
}

function toSendOf(entries: readonly Entry[], { replyTo, signatures }: CommandBatch): ReportToSend {
  const reports = entries.map(({ report }) => report);
  // Whoever sends a signature a second time need not have made it.
  const isReplayed = reports.some(({ code }) => code === 'signature-replayed');
  return { to: replyTo, reports, isProved: signatures.length > 0 && !isReplayed };
}

interface Entry extends ReportEntry {
  readonly quiet: boolean;
}

async function carryOut(
  tx: Repositories,
  post: OpenedPost,
  { commands, signatures }: CommandBatch,
): Promise<readonly Entry[]> {
  const code = await replayOf(tx, post, signatures);
  if (code) return [{ command: '', report: refused(code), quiet: false }];
  const entries: Entry[] = [];
  for (const { command, quiet, perform } of commands)
    entries.push({ command, quiet, report: await perform(tx) });
  return entries;
}

/** Uses up what the commands came with: neither a signature nor an encrypted content counts a second time. */
async function replayOf(
  tx: Repositories,
  { message, opened, list, robot }: OpenedPost,
  signatures: readonly string[],
): Promise<ReportCode | undefined> {
  for (const signature of signatures)
    if (!(await tx.usedSignatures.claim(signature, message.id))) return 'signature-replayed';
  const { status, contentDigest, keyDigest } = opened.decryption;
  if (status !== 'opened') return undefined;
  for (const digest of [contentDigest, keyDigest])
    if (digest !== null && !(await tx.ciphertexts.claim(list?.address ?? robot.domain, digest, message.id)))
      return 'sent-before';
  return undefined;
}

/** `QUIET` spares people the good news; a scenario that is quiet tells nothing at all. */
function isShown({ quiet, report }: { readonly quiet: boolean; readonly report: RequestReport }): boolean {
  return report.isQuiet !== true && !(quiet && report.status === 'done');
}

async function encryptionChoice(
  address: string,
  { list, robot }: OpenedPost,
  { certificates, store }: PipelineParts,
): Promise<EncryptionChoice | undefined> {
  return (await certificates.chooseForEncryption(store, [address], list ?? { robot })).get(address);
}

/** What came encrypted is answered encrypted, or with a word that nothing can be said. */
function reportOf(
  entries: readonly ReportEntry[],
  post: OpenedPost,
  { reports, replyTo }: CommandBatch,
  closed: { readonly choice: EncryptionChoice | undefined } | undefined,
  atMs: number,
): Uint8Array {
  const thread = { inReplyTo: messageIdOf(post), atMs };
  const by: SignOwn = { signer: reports.voice.signer, atMs };
  const report = reports.write(entries, replyTo, thread).raw;
  if (!closed) return signOwnMail(report, by);
  const seal = ownSealFor([closed.choice], post.opened.decryption.aead ? 'aead' : 'cbc');
  return (seal && sealOwnMail(report, by, seal)) ?? signOwnMail(reports.withheld(replyTo, thread).raw, by);
}
