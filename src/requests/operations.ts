import { add } from './add.ts';
import { archiveIndex } from './archive-index.ts';
import { del } from './del.ts';
import { distribute } from './distribute.ts';
import { get } from './get.ts';
import { last } from './last.ts';
import { modindex } from './modindex.ts';
import { reject } from './reject.ts';
import { signoff } from './signoff.ts';
import { subscribe } from './subscribe.ts';

/** Every operation, alike for mail, web, API and command line. */
export const operations = {
  add,
  del,
  distribute,
  get,
  index: archiveIndex,
  last,
  modindex,
  reject,
  signoff,
  subscribe,
} as const;

export type OperationName = keyof typeof operations;
