import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { bodyBytes, parseEntity } from '../mime/entity.ts';
import { newId } from '../secrets.ts';
import type { WaitingRow } from '../store/deliveries.ts';
import type { JobHandler } from '../store/job-runner.ts';
import type { Repositories } from '../store/store.ts';
import { mailTemplates } from '../templates/mail-templates.ts';
import { renderMail } from '../templates/render-mail.ts';
import { certificatesToGive } from '../trust/own-signer.ts';
import { awaitLookUp } from './await-look-up.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { formatPolicy } from './distribution-policy.ts';
import { mailFrame } from './mail-frame.ts';
import { type OwnVoice, tellUnsigned, voiceOf } from './own-voice.ts';
import { pendingRows, planPackets } from './packets.ts';
import { type OwnSeal, ownSealFor, sealOwnMail, signOwnMail } from './seal-own-mail.ts';
import type { ServiceMail } from './service-mail.ts';
import { dropForLeaver, enqueuePacket, isPost } from './waiting.ts';

/** Service mail leaves with the null sender, so that nothing is ever answered to it (RFC 3834 §3.3). */
const policy = { seal: null, envelope: 'null', verpRate: 0 } as const;

/** A service mail whose recipients are known. */
type AddressedMail = ServiceMail & { readonly to: readonly string[] };

/** Makes the handler that renders a service mail and puts it on its way. */
export function serviceMailHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const asked = job.payload as unknown as ServiceMail;
    const list = asked.list === '' ? undefined : await parts.lists.find(asked.list);
    const mail = { ...asked, to: addressees(asked.to, list) };
    if (mail.to.length === 0) return { status: 'done' };
    const made = await makeMail(parts, mail, list);
    await parts.store.transaction(async (tx) => {
      // The id is the job's: a job that ran before a crash, or on another node, has sent this mail.
      if (await tx.distributions.find(job.id)) return;
      await insertServiceMail(tx, job.id, mail, made, parts);
      await tellUnsigned(tx, made.voice, parts);
    });
    return { status: 'done' };
  };
}

function addressees(to: ServiceMail['to'], list: List | undefined): readonly string[] {
  if (to === 'owners') return list?.owners ?? [];
  return to === 'editors' ? (list?.receptiveEditors ?? []) : to;
}

/** Makes the handler of the notice to a subscriber without usable certificate: once a period, however many posts wait. */
export function missingNoticeHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const { list: listAddress, address } = job.payload as { list: string; address: string };
    const { store, site, clock, lists } = parts;
    const looking = await awaitLookUp(job, address, parts);
    if (looking) return looking;
    const periodMs = site.conf.cert_missing_notice_period;
    if (!(await store.notices.isDue(listAddress, address, clock.now(), periodMs))) return { status: 'done' };
    await dropForLeaver(parts, listAddress, address);
    const [first, ...others] = await store.deliveries.waiting({ list: listAddress, address });
    const list = await lists.find(listAddress);
    if (!first || !list) return { status: 'done' };
    const mail = await missingNotice(parts, list, address, [first, ...others]);
    const made = await makeMail(parts, mail, list);
    await store.transaction(async (tx) => {
      const nowMs = clock.now();
      // Marked with the mail: a job that is done again after a crash finds that nothing is due.
      if (!(await tx.notices.dueThenMark(listAddress, address, nowMs, periodMs))) return;
      await insertServiceMail(tx, newId(nowMs), mail, made, parts);
      await tellUnsigned(tx, made.voice, parts);
    });
    return { status: 'done' };
  };
}

/** What a subscriber is told, or one of the people behind a list, for whom forwarded mail waits. */
async function missingNotice(
  { store, site }: DeliveryParts,
  { address: list }: List,
  address: string,
  waiting: readonly [WaitingRow, ...WaitingRow[]],
): Promise<AddressedMail> {
  const { code, updatedAt: since, distributionId } = waiting[0];
  const first = await store.distributions.get(distributionId);
  const to = [address];
  if (isPost(first)) {
    const keepDays = Math.round(site.conf.cert_missing_keep / 86_400_000);
    const variables = { count: waiting.length, since, code, keepDays };
    return { template: 'x509-user-cert-missing', list, to, variables };
  }
  const cameTo = (await store.messages.find(first.messageId))?.recipient ?? list;
  return { template: 'forward-not-sealable', list, to, variables: { address: cameTo, since, code } };
}

/** A message of ours that is ready to go out, and who speaks in it. */
interface MadeMail {
  readonly raw: Uint8Array;
  readonly voice: OwnVoice;
}

/** Renders a mail in the name of who sends it, signs it once, and seals it where it speaks of what came encrypted. */
async function makeMail(
  parts: DeliveryParts,
  mail: AddressedMail,
  list: List | undefined,
): Promise<MadeMail> {
  const robot = list?.robot ?? parts.lists.robotOf(mail.domain ?? mail.to[0] ?? '');
  const voice = await voiceOf(robot, list, parts);
  const rendered = await render(parts, mail, { robot, list, voice });
  const by = { signer: voice.signer, atMs: parts.clock.now() };
  const seal = await sealOf(mail, list, robot, parts);
  const raw = (seal && sealOwnMail(rendered, by, seal)) ?? signOwnMail(rendered, by);
  return { raw, voice };
}

/**
 * Decides whether a mail is sealed: it speaks of what came encrypted, or its list seals all it can. Nothing in a service
 * mail is a secret that came encrypted, so that it goes out readable where a reader has no certificate.
 */
async function sealOf(
  mail: AddressedMail,
  list: List | undefined,
  robot: Robot,
  parts: DeliveryParts,
): Promise<OwnSeal | undefined> {
  if (mailTemplates[mail.template]?.neverSealed) return undefined;
  if (!mail.cameAs && !(list && (await sealsAllItCan(list, parts)))) return undefined;
  const { certificates, store } = parts;
  const choices = await certificates.chooseForEncryption(store, mail.to, list ?? { robot });
  return ownSealFor(
    mail.to.map((address) => choices.get(address)),
    mail.cameAs ?? 'cbc',
  );
}

async function sealsAllItCan(list: List, parts: DeliveryParts): Promise<boolean> {
  const { service_mail_encryption: sealed } = list.config;
  return sealed === 'encrypted' ? (await certificatesToGive(list, parts)).length > 0 : sealed === 'always';
}

interface Setting {
  readonly robot: Robot;
  readonly list: List | undefined;
  readonly voice: OwnVoice;
}

async function render(
  parts: DeliveryParts,
  mail: AddressedMail,
  { robot, list, voice }: Setting,
): Promise<Uint8Array> {
  const { site, clock } = parts;
  const { messageId, ...variables } = mail.variables;
  const frame = mailFrame(site, robot, list);
  const rendered = await renderMail({
    name: mail.template,
    lang: await languageOf(mail.to, list?.config.lang ?? robot.conf.lang, parts),
    folders: frame.folders,
    variables: { ...frame.variables, ...variables },
    from: voice.from,
    to: mail.to,
    atMs: clock.now(),
    inReplyTo: typeof messageId === 'string' ? messageId : null,
    ...replyToOf(mail.replyTo === 'commands' ? frame.commands : voice.replyTo, voice),
    moreFields: loopFields(list, voice),
  });
  for (const fault of rendered.faults)
    parts.log.warn('template not usable', { template: mail.template, code: fault.code, site: site.file });
  return rendered.raw;
}

/** No Reply-To where it would say what From says. */
function replyToOf(replyTo: string, { from }: OwnVoice): { readonly replyTo?: string } {
  return replyTo === from ? {} : { replyTo };
}

/** Mail that comes back to the address that it speaks for ends there. */
function loopFields(
  list: List | undefined,
  { signer, from }: OwnVoice,
): readonly (readonly [string, string])[] {
  if (list) return [['X-Loop', list.address]];
  return signer ? [['X-Loop', from]] : [];
}

/** One reader is written to in the language that is known of that person; several in that of the list. */
async function languageOf(
  to: readonly string[],
  fallback: string,
  { store }: DeliveryParts,
): Promise<string> {
  const known = to.length === 1 ? await store.persons.find(to[0]!) : undefined;
  return known?.lang ?? fallback;
}

/**
 * Puts a message of ours on its way, in the transaction of what it tells.
 *
 * @param raw the whole message: as it was rendered, or sealed
 */
export async function insertServiceMail(
  tx: Repositories,
  id: string,
  mail: { readonly list: string; readonly to: readonly string[] },
  { raw }: { readonly raw: Uint8Array },
  { clock, site }: Pick<DeliveryParts, 'clock' | 'site'>,
): Promise<void> {
  const nowMs = clock.now();
  const entity = parseEntity(raw);
  const { start, end } = entity.headerSpan;
  await tx.distributions.insert({
    id,
    messageId: '',
    list: mail.list,
    sender: '',
    sequence: 0,
    form: 'notice',
    head: withoutBlankLine(raw.subarray(start, end)),
    content: bodyBytes(entity),
    policy: formatPolicy(policy),
    createdAt: nowMs,
    finishedAt: null,
  });
  const planned = planPackets(mail.to, policy, site.conf.nrcpt);
  await tx.deliveries.insertMany(pendingRows(planned, id, nowMs));
  for (const packet of new Set(planned.map((one) => one.packet))) await enqueuePacket(tx, id, packet);
}

/** The head of a distribution ends with its last field; the empty line comes with the copy. */
function withoutBlankLine(header: Uint8Array): Uint8Array {
  const blank = header.at(-1) === 0x0a && header.at(-2) === 0x0d && header.at(-3) === 0x0a;
  return blank ? header.subarray(0, -2) : header;
}
