import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { Certificate } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { encryptionIdentity, type ListKeys, signingIdentity } from '../trust/list-keys.ts';
import { type KeyOwner, siteKeyOwner } from '../trust/site-key.ts';
import type { TaskParts, TaskRun } from './task-run.ts';

const dayMs = 86_400_000;

/** Days ahead at which people are told, and 0: it has ended. */
const stages = [0, 1, 3, 7, 14, 30, 60] as const;

/** Whose certificate it is, and who is told. */
interface WatchedOwner extends KeyOwner {
  /** Empty for the address that takes commands. */
  readonly list: string;
  readonly to: readonly string[];
}

/**
 * Warns owners and listmasters of the certificates that open lists use, listmasters of those of the addresses that take
 * commands; each once a stage. What has ended stays where it is, and still decrypts.
 */
export async function warnOfListCertificates(run: TaskRun): Promise<void> {
  const { keyring } = run.parts;
  for (const owner of await watchedOwners(run.parts)) {
    run.signal.throwIfAborted();
    for (const certificate of inUse(await keyring.keysOf(owner.directory)))
      await warnOf(owner, certificate, run);
  }
}

async function watchedOwners({ lists, site }: TaskParts): Promise<readonly WatchedOwner[]> {
  const open = (await lists.all()).filter(({ status }) => status === 'open');
  return [
    ...open.map(({ address, directory, owners, robot }) => {
      const to = [...new Set([...owners, ...lists.listmasters(robot)])];
      return { address, directory, list: address, to };
    }),
    ...site.robots.map((robot) => ({ ...siteKeyOwner(robot), list: '', to: lists.listmasters(robot) })),
  ];
}

/** The certificates that senders encrypt to, and that the owner signs with. */
function inUse(keys: ListKeys): readonly Certificate[] {
  const used = [encryptionIdentity(keys)?.certificate, signingIdentity(keys)?.certificate];
  const byDigest = new Map(used.flatMap((one) => (one ? [[one.sha256, one] as const] : [])));
  return [...byDigest.values()];
}

async function warnOf(
  { address, list, to }: WatchedOwner,
  { sha256, notAfterMs: expiresAt, subject }: Certificate,
  { parts, nowMs, key }: TaskRun,
): Promise<void> {
  const left = expiresAt - nowMs;
  const stage = stages.find((days) => (days === 0 ? left < 0 : left <= days * dayMs));
  if (stage === undefined) return;
  await parts.store.transaction(async (tx) => {
    if (!(await tx.certificateWarnings.mark(`list ${address} ${sha256}`, String(stage)))) return;
    await enqueueServiceMail(tx, `task ${key} list-cert-expiration ${address} ${sha256}`, {
      template: 'list-cert-expiration',
      list,
      to,
      variables: {
        address,
        stage: stage === 0 ? 'expired' : 'expiring',
        days: Math.max(0, Math.ceil(left / dayMs)),
        expiresAt,
        certificate: formatName(subject),
      },
    });
  });
}
