import { add } from './add.ts';
import { del } from './del.ts';
import { signoff } from './signoff.ts';
import { subscribe } from './subscribe.ts';

/** Every operation, alike for mail, web, API and command line. */
export const operations = { add, del, signoff, subscribe } as const;

export type OperationName = keyof typeof operations;
