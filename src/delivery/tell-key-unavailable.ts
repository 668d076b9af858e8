import type { Repositories } from '../store/store.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { enqueueServiceMail } from './service-mail.ts';

/** Tells the listmasters, once a period and list, that posts wait for a key of the list. */
export async function tellKeyUnavailable(
  tx: Pick<Repositories, 'notices' | 'jobs'>,
  list: string,
  { clock, lists, site }: Pick<DeliveryParts, 'clock' | 'lists' | 'site'>,
): Promise<void> {
  const periodMs = site.conf.cert_missing_notice_period;
  if (!(await tx.notices.dueThenMark(list, '!key-unavailable', clock.now(), periodMs))) return;
  await enqueueServiceMail(tx, `key-unavailable ${list}`, {
    template: 'message-held-listmaster',
    list,
    to: lists.listmasters(lists.robotOf(list)),
    variables: {},
  });
}
