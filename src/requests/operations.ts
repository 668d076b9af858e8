import { add } from './add.ts';
import { archiveIndex } from './archive-index.ts';
import { certificate } from './certificate.ts';
import { closeList } from './close-list.ts';
import { confirmCertificate } from './confirm-certificate.ts';
import { createList } from './create-list.ts';
import { del } from './del.ts';
import { delUser } from './del-user.ts';
import { distribute } from './distribute.ts';
import { familySignoff } from './family-signoff.ts';
import { get } from './get.ts';
import { info } from './info.ts';
import { invite } from './invite.ts';
import { last } from './last.ts';
import { lists } from './lists.ts';
import { modindex } from './modindex.ts';
import { moveList } from './move-list.ts';
import { moveUser } from './move-user.ts';
import { openList } from './open-list.ts';
import { reject } from './reject.ts';
import { globalRemind, remind } from './remind.ts';
import { review } from './review.ts';
import { set } from './set.ts';
import { setAll } from './set-all.ts';
import { signoff } from './signoff.ts';
import { signoffAll } from './signoff-all.ts';
import { stats } from './stats.ts';
import { subscribe } from './subscribe.ts';
import { verify } from './verify.ts';
import { which } from './which.ts';

/** Every operation, alike for mail, web, API and command line. */
export const operations = {
  add,
  certificate,
  'confirm-certificate': confirmCertificate,
  del,
  distribute,
  'family-signoff': familySignoff,
  get,
  'global-remind': globalRemind,
  index: archiveIndex,
  info,
  invite,
  last,
  lists,
  modindex,
  'move-user': moveUser,
  reject,
  remind,
  review,
  set,
  'set-all': setAll,
  signoff,
  'signoff-all': signoffAll,
  stats,
  subscribe,
  verify,
  which,
  'close-list': closeList,
  'create-list': createList,
  'open-list': openList,
  'move-list': moveList,
  'del-user': delUser,
} as const;

export type OperationName = keyof typeof operations;
