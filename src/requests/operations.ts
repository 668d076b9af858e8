import { add } from './add.ts';
import { del } from './del.ts';
import { distribute } from './distribute.ts';
import { modindex } from './modindex.ts';
import { reject } from './reject.ts';
import { signoff } from './signoff.ts';
import { subscribe } from './subscribe.ts';

/** Every operation, alike for mail, web, API and command line. */
export const operations = { add, del, distribute, modindex, reject, signoff, subscribe } as const;

export type OperationName = keyof typeof operations;
