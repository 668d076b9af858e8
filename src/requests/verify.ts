import { z } from 'zod';
import { answerTexts } from './answer-texts.ts';
import { listArgument } from './arguments.ts';
import { listOperation } from './operation.ts';
import { done } from './report.ts';

/** Says what the signature of the message that asks is worth: whoever set up a mail program sees whether it signs well. */
export const verify = listOperation({
  word: 'VERIFY',
  order: ['list'],
  governedBy: null,
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { requester } = situation;
    const { line } = await answerTexts(situation);
    const { status, reason } = requester.signature ?? { status: 'none', reason: null };
    const { method } = requester;
    const key = Object.hasOwn(keys, status) ? keys[status]! : 'signature-invalid';
    const text = [line(key, { reason }), line('method', { method })].join('\n');
    return async () => done('verified', { values: { text, status, reason, method } });
  },
});

/** The text for each status of a signature. */
const keys: Readonly<Record<string, string>> = {
  valid: 'signature-valid',
  untrusted: 'signature-untrusted',
  invalid: 'signature-invalid',
  none: 'signature-none',
};
