import type { Explanation } from '../scenario/evaluate.ts';
import type { CommandBatch } from './command-batch.ts';
import type { Returned } from './returned-mail.ts';

/** Why a post is refused; each code has its own text for the sender. */
export const rejectCodes = {
  'not-readable': {
    meaning:
      'The post is not readable with the key of the list, or its content could have been changed on the way.',
  },
  'already-distributed': { meaning: 'The same ciphertext went to the list before.' },
  'no-sender': { meaning: 'The message names no address in From.' },
  'message-unreadable': { meaning: 'The message breaks the limits of MIME.' },
  'list-no-open': { meaning: 'The list is closed or not open yet.' },
  'list-unknown': { meaning: 'The list is no longer there.' },
  'scenario-rejects': { meaning: 'The authorization scenario of the list refuses the post.' },
  'misaddressed-command': { meaning: 'The post looks like a command, which lists do not take.' },
} as const;

export type RejectCode = keyof typeof rejectCodes;

/** Why a message is dropped without a word to anybody. */
export const discardCodes = {
  loop: { meaning: 'The message went through this list before (X-Loop).' },
  'auto-submitted': { meaning: 'A machine made the message (Auto-Submitted).' },
  bounce: { meaning: 'A delivery report came to the address for posts.' },
  'robot-sender': { meaning: 'The local part of the sender is one that machines use.' },
  duplicate: { meaning: 'A message of the same Message-ID went to the list before.' },
  'scenario-quiet': { meaning: 'The authorization scenario refuses the post in silence.' },
  'nobody-to-tell': { meaning: 'There is no owner, editor or listmaster to forward the message to.' },
} as const;

export type DiscardCode = keyof typeof discardCodes;

/** Why a message waits. */
export const holdCodes = {
  'key-unavailable': {
    meaning: 'The message names a certificate of the list whose key cannot be loaded now.',
  },
  moderation: { meaning: 'The scenario asks for the approval of an editor.' },
  'sender-confirmation': { meaning: 'The scenario asks for a confirmation by the sender.' },
} as const;

export type HoldCode = keyof typeof holdCodes;

/** What becomes of a message. */
export type Disposition =
  | { readonly status: 'distribute'; readonly explanation: Explanation | null }
  | { readonly status: 'forward'; readonly recipients: readonly string[] }
  | { readonly status: 'record'; readonly returned: Returned }
  | { readonly status: 'execute'; readonly batch: CommandBatch }
  | {
      readonly status: 'hold';
      readonly code: HoldCode;
      readonly reason: string;
      readonly explanation?: Explanation;
    }
  | {
      readonly status: 'reject';
      readonly code: RejectCode;
      readonly reason: string;
      /** The reason of the scenario, a key of the texts for the sender. */
      readonly scenarioReason?: string | null;
      readonly explanation?: Explanation;
    }
  | {
      readonly status: 'discard';
      readonly code: DiscardCode;
      readonly reason: string;
      readonly explanation?: Explanation;
    };

/** Makes a refusal whose reason is that of the code. */
export function reject(
  code: RejectCode,
  more: { scenarioReason?: string | null; explanation?: Explanation } = {},
): Disposition {
  return { status: 'reject', code, reason: rejectCodes[code].meaning, ...more };
}

/** Makes a silent refusal whose reason is that of the code. */
export function discard(code: DiscardCode, explanation?: Explanation): Disposition {
  const base = { status: 'discard', code, reason: discardCodes[code].meaning } as const;
  return explanation ? { ...base, explanation } : base;
}

/** Makes a wait whose reason is that of the code. */
export function hold(code: HoldCode, explanation?: Explanation): Disposition {
  const base = { status: 'hold', code, reason: holdCodes[code].meaning } as const;
  return explanation ? { ...base, explanation } : base;
}
