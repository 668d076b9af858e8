import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import type { Certificate } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { encryptionIdentity, type ListKeys, signingIdentity } from '../trust/list-keys.ts';
import type { TaskRun } from './task-run.ts';

const dayMs = 86_400_000;

/** Days ahead at which owners and listmasters are told, and 0: it has ended. */
const stages = [0, 1, 3, 7, 14, 30, 60] as const;

/** Warns owners and listmasters of the certificates that lists use, each once a stage. Whatever has ended still decrypts. */
export async function warnOfListCertificates(run: TaskRun): Promise<void> {
  const { lists, keyring } = run.parts;
  for (const list of await lists.all()) {
    run.signal.throwIfAborted();
    if (list.status !== 'open') continue;
    for (const certificate of inUse(await keyring.keysOf(list.directory)))
      await warnOf(list, certificate, run);
  }
}

/** The certificates that senders encrypt to and that the list signs with. */
function inUse(keys: ListKeys): readonly Certificate[] {
  const used = [encryptionIdentity(keys)?.certificate, signingIdentity(keys)?.certificate];
  const byDigest = new Map(used.flatMap((one) => (one ? [[one.sha256, one] as const] : [])));
  return [...byDigest.values()];
}

async function warnOf(
  list: List,
  { sha256, notAfterMs, subject }: Certificate,
  { parts, nowMs, key }: TaskRun,
): Promise<void> {
  const left = notAfterMs - nowMs;
  const stage = stages.find((days) => (days === 0 ? left < 0 : left <= days * dayMs));
  if (stage === undefined) return;
  const to = [...new Set([...list.owners, ...parts.lists.listmasters(list.robot)])];
  await parts.store.transaction(async (tx) => {
    if (!(await tx.certificateWarnings.mark(`list ${list.address} ${sha256}`, String(stage)))) return;
    await enqueueServiceMail(tx, `task ${key} list-cert-expiration ${list.address} ${sha256}`, {
      template: 'list-cert-expiration',
      list: list.address,
      to,
      variables: {
        stage: stage === 0 ? 'expired' : 'expiring',
        days: Math.max(0, Math.floor(left / dayMs)),
        expiresAt: notAfterMs,
        certificate: formatName(subject),
      },
    });
  });
}
