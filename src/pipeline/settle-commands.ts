import { protectMail } from '../delivery/own-mail.ts';
import { sealClassOf, sealPolicyFor } from '../delivery/seal-class.ts';
import { insertServiceMail } from '../delivery/send-service-mail.ts';
import { SsympaError } from '../errors.ts';
import { mayBeAnswered } from '../message/automatic.ts';
import { mayReport } from '../requests/limits.ts';
import { type RequestReport, refused } from '../requests/report.ts';
import type { ReportEntry } from '../requests/report-mail.ts';
import { newId } from '../secrets.ts';
import { sealEntity } from '../smime/seal-entity.ts';
import type { Repositories } from '../store/store.ts';
import type { EncryptionChoice } from '../trust/user-certificates.ts';
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
  const choice = isClosed ? await encryptionChoice(batch.replyTo, parts) : undefined;
  await parts.store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    const entries = await carryOut(tx, post, batch);
    await writeDecision(tx, post, { status: 'execute', batch });
    await tx.messages.dropRaw(post.message.id);
    const shown = entries.filter(isShown);
    if (shown.length === 0 || !mayBeAnswered(post.message)) return;
    if (!(await mayReport(tx, batch.replyTo, parts))) return;
    const raw = reportOf(shown, post, batch, isClosed ? { choice } : undefined, parts.clock.now());
    const mail = { list: post.list?.address ?? '', to: [batch.replyTo] };
    await insertServiceMail(tx, newId(parts.clock.now()), mail, { raw }, parts);
  });
}

interface Entry extends ReportEntry {
  readonly quiet: boolean;
}

async function carryOut(
  tx: Repositories,
  post: OpenedPost,
  { commands, signature }: CommandBatch,
): Promise<readonly Entry[]> {
  if (signature !== null && !(await tx.usedSignatures.claim(signature, post.message.id)))
    return [{ command: '', report: refused('signature-replayed'), quiet: false }];
  const entries: Entry[] = [];
  for (const { command, quiet, perform } of commands)
    entries.push({ command, quiet, report: await perform(tx) });
  return entries;
}

/** `QUIET` spares people the good news; a scenario that is quiet tells nothing at all. */
function isShown({ quiet, report }: { readonly quiet: boolean; readonly report: RequestReport }): boolean {
  return report.isQuiet !== true && !(quiet && report.status === 'done');
}

async function encryptionChoice(
  address: string,
  { certificates, store }: PipelineParts,
): Promise<EncryptionChoice | undefined> {
  return (await certificates.chooseForEncryption(store, [address])).get(address);
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
  const report = reports.write(entries, replyTo, thread).raw;
  if (!closed) return report;
  return sealed(report, closed.choice, post) ?? reports.withheld(replyTo, thread).raw;
}

function sealed(
  report: Uint8Array,
  choice: EncryptionChoice | undefined,
  { opened }: OpenedPost,
): Uint8Array | undefined {
  if (choice?.status !== 'found') return undefined;
  const inbound = opened.decryption.aead ? 'aead' : 'cbc';
  const sealClass = sealClassOf(choice.capabilities, sealPolicyFor(inbound, [choice.capabilities], false));
  if (sealClass.status === 'waits') return undefined;
  const { head: outer, payload } = protectMail(report);
  try {
    const sealer = sealEntity(payload, sealClass.cipher);
    const { head, tail } = sealer.copyFor(choice.certificate);
    const fields = Buffer.from(`MIME-Version: 1.0\r\n${sealer.fields}\r\n`);
    return Buffer.concat([outer, fields, head, tail]);
  } catch (error) {
    if (error instanceof SsympaError && error.code === 'cannot-encrypt-to') return undefined;
    throw error;
  }
}
