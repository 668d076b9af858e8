import type { OperationName } from '../requests/operations.ts';

/** A command of its own, or a request. */
export type Meaning =
  | {
      readonly kind: 'request';
      readonly name: OperationName;
      /** The request that `*` in place of a list makes of it. */
      readonly everywhere: OperationName | undefined;
    }
  | { readonly kind: OwnCommand };

/** Commands that are no requests, and how each is written. */
export const ownCommands = {
  auth: 'AUTH KEY',
  'confirm-post': 'CONFIRM KEY',
  help: 'HELP',
  end: 'QUIT',
} as const;

export type OwnCommand = keyof typeof ownCommands;

function request(name: OperationName, everywhere?: OperationName): Meaning {
  return { kind: 'request', name, everywhere };
}

/** Every word that begins a command, its short forms included; `*` in place of a list means the second operation. */
export const meanings: readonly (readonly [words: string, meaning: Meaning])[] = [
  ['subscribe sub', request('subscribe')],
  ['signoff sig uns unsub unsubscribe', request('signoff', 'signoff-all')],
  ['family-signoff', request('family-signoff')],
  ['add', request('add')],
  ['del delete', request('del')],
  ['invite inv', request('invite')],
  ['review rev who', request('review')],
  ['info inf', request('info')],
  ['certificate cert', request('certificate')],
  ['confirm-certificate', request('confirm-certificate')],
  ['remind rem', request('remind', 'global-remind')],
  ['set', request('set', 'set-all')],
  ['lists lis list', request('lists')],
  ['which whi status', request('which')],
  ['index ind', request('index')],
  ['get', request('get')],
  ['last las', request('last')],
  ['stats sta', request('stats')],
  ['verify ver', request('verify')],
  ['modindex mod modind', request('modindex')],
  ['distribute dis', request('distribute')],
  ['reject rej', request('reject')],
  ['move', request('move-user')],
  ['auth', { kind: 'auth' }],
  ['confirm con', { kind: 'confirm-post' }],
  ['help hel sos', { kind: 'help' }],
  ['quit end stop', { kind: 'end' }],
];

const byWord: ReadonlyMap<string, Meaning> = new Map(
  meanings.flatMap(([words, meaning]) => words.split(' ').map((word): [string, Meaning] => [word, meaning])),
);

/** The requests that have a command by mail: others are for the operator and the web. */
export const commandOperations: readonly OperationName[] = [...new Set(byWord.values())].flatMap((meaning) =>
  meaning.kind === 'request' ? [meaning.name, ...(meaning.everywhere ? [meaning.everywhere] : [])] : [],
);

/** Finds what a word means; case does not count. */
export function meaningOf(word: string): Meaning | undefined {
  return byWord.get(word.toLowerCase());
}
