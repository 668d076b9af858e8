import type { Robot } from '../config/site.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { PipelineParts } from '../pipeline/post.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';

const dayMs = 86_400_000;
/** So many addresses stand in one mail; the others are counted. */
const maxAddresses = 100;
/** Marks that somebody was told, among the notices of a list. */
const noticeOf = '!certificate-alert';

/** One mail: whom it is about, and who is to read it. */
interface Alert {
  /** Empty for people who are on no list. */
  readonly list: string;
  readonly robot: Robot;
  readonly readers: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * Tells the owners of each list of subscribers for whom another certificate came that waits, and the listmasters of those who
 * are on no list: at once, then what came since once a day.
 */
export async function alertOwners(parts: PipelineParts): Promise<void> {
  const { store, clock, lists } = parts;
  for (const list of await store.reports.listsWithAlerts()) {
    const found = list === '' ? undefined : await lists.find(list);
    await store.transaction(async (tx) => {
      if (!(await tx.notices.dueThenMark(list, noticeOf, clock.now(), dayMs))) return;
      const addresses = await tx.reports.takeAlerts(list);
      if (found) await tell(tx, { list, robot: found.robot, readers: found.owners, addresses }, clock.now());
      if (list !== '') return;
      for (const [robot, those] of Map.groupBy(addresses, (address) => lists.robotOf(address)))
        await tell(tx, { list, robot, readers: lists.listmasters(robot), addresses: those }, clock.now());
    });
  }
}

/** Whom it is about alone has a mail of its own. */
async function tell(
  tx: Pick<Repositories, 'jobs'>,
  { list, robot, readers, addresses }: Alert,
  nowMs: number,
): Promise<void> {
  const to = readers.filter((reader) => addresses.some((address) => address !== reader));
  if (to.length === 0) return;
  const shown = addresses.slice(0, maxAddresses);
  await enqueueServiceMail(tx, `certificate-alert ${list} ${newId(nowMs)}`, {
    template: 'certificate-pending-owner',
    list,
    domain: robot.domain,
    to,
    variables: { addresses: shown, more: addresses.length - shown.length },
  });
}
