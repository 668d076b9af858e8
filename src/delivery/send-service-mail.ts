import { join } from 'node:path';
import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { bodyBytes, parseEntity } from '../mime/entity.ts';
import { newId } from '../secrets.ts';
import type { JobHandler } from '../store/job-runner.ts';
import type { Repositories } from '../store/store.ts';
import { type RenderedMail, renderMail } from '../templates/render-mail.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { formatPolicy } from './distribution-policy.ts';
import { planPackets } from './packets.ts';
import type { ServiceMail } from './service-mail.ts';
import { enqueuePacket } from './waiting.ts';

/** Service mail leaves with the null sender, so that nothing is ever answered to it (RFC 3834 §3.3). */
const policy = { seal: null, envelope: 'null', verpRate: 0 } as const;

/** Makes the handler that renders a service mail and puts it on its way. */
export function serviceMailHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const mail = job.payload as unknown as ServiceMail;
    const list = mail.list === '' ? undefined : await parts.lists.find(mail.list);
    if (mail.to.length > 0) {
      const rendered = await render(parts, mail, list);
      await parts.store.transaction(async (tx) => {
        await insertServiceMail(tx, mail, rendered, parts);
        // In the same transaction, so that a crash between the two cannot send the mail twice.
        await tx.jobs.complete(job.id);
      });
    }
    return { status: 'done' };
  };
}

/** Makes the handler of the notice to a subscriber without usable certificate: once a period, however many posts wait. */
export function missingNoticeHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const { list: listAddress, address } = job.payload as { list: string; address: string };
    const { store, site, clock, lists } = parts;
    const waiting = await store.deliveries.waiting({ list: listAddress, address });
    const list = await lists.find(listAddress);
    if (waiting.length === 0 || !list) return { status: 'done' };
    const mail: ServiceMail = {
      template: 'x509-user-cert-missing',
      list: listAddress,
      to: [address],
      variables: {
        count: waiting.length,
        since: Math.min(...waiting.map((row) => row.updatedAt)),
        code: waiting[0]!.code,
        keepDays: Math.round(site.conf.cert_missing_keep / 86_400_000),
      },
    };
    const rendered = await render(parts, mail, list);
    await store.transaction(async (tx) => {
      const periodMs = site.conf.cert_missing_notice_period;
      if (await tx.notices.dueThenMark(listAddress, address, clock.now(), periodMs))
        await insertServiceMail(tx, mail, rendered, parts);
      await tx.jobs.complete(job.id);
    });
    return { status: 'done' };
  };
}

async function render(
  parts: DeliveryParts,
  mail: ServiceMail,
  list: List | undefined,
): Promise<RenderedMail> {
  const { site, clock, lists } = parts;
  const robot = list?.robot ?? lists.robotOf(mail.to[0] ?? '');
  const { messageId, ...variables } = mail.variables;
  const request = list ? `${list.name}-request@${robot.domain}` : null;
  const rendered = await renderMail({
    name: mail.template,
    lang: list?.config.lang ?? robot.conf.lang,
    folders: mailFolders(parts, list, robot),
    variables: {
      list: list && request ? { name: list.name, address: list.address, request } : null,
      domain: robot.domain,
      listmaster: listmasterAddress(robot),
      ...variables,
    },
    from: request ?? listmasterAddress(robot),
    to: mail.to,
    atMs: clock.now(),
    inReplyTo: typeof messageId === 'string' ? messageId : null,
    ...(list && { moreFields: [['X-Loop', list.address]] as const }),
  });
  for (const fault of rendered.faults)
    parts.log.warn('template not usable', { template: mail.template, code: fault.code, site: site.file });
  return rendered;
}

function mailFolders(parts: DeliveryParts, list: List | undefined, robot: Robot): readonly string[] {
  const folders = [
    ...(list ? [list.directory] : []),
    robot.etcDir,
    parts.site.etcDir,
    parts.site.defaultsDir,
  ];
  return folders.map((folder) => join(folder, 'mail'));
}

function listmasterAddress(robot: Robot): string {
  return `${robot.conf.listmaster_email}@${robot.domain}`;
}

async function insertServiceMail(
  tx: Repositories,
  mail: ServiceMail,
  rendered: RenderedMail,
  { clock, site }: DeliveryParts,
): Promise<void> {
  const nowMs = clock.now();
  const entity = parseEntity(rendered.raw);
  const id = newId(nowMs);
  const { start, end } = entity.headerSpan;
  await tx.distributions.insert({
    id,
    messageId: '',
    list: mail.list,
    sender: '',
    sequence: 0,
    form: 'notice',
    head: withoutBlankLine(rendered.raw.subarray(start, end)),
    content: bodyBytes(entity),
    policy: formatPolicy(policy),
    createdAt: nowMs,
    finishedAt: null,
  });
  const planned = planPackets(mail.to, policy, site.conf.nrcpt);
  await tx.deliveries.insertMany(
    planned.map(({ address, packet }) => ({
      distributionId: id,
      packet,
      address,
      state: 'pending' as const,
      code: null,
      reply: null,
      updatedAt: nowMs,
      keepUntil: null,
    })),
  );
  for (const packet of new Set(planned.map((one) => one.packet))) await enqueuePacket(tx, id, packet);
}

/** The head of a distribution ends with its last field; the empty line comes with the copy. */
function withoutBlankLine(header: Uint8Array): Uint8Array {
  const blank = header.at(-1) === 0x0a && header.at(-2) === 0x0d && header.at(-3) === 0x0a;
  return blank ? header.subarray(0, -2) : header;
}
