import { z } from 'zod';
import type { List } from '../lists/list.ts';
import { answerTexts } from './answer-texts.ts';
import { listArgument } from './arguments.ts';
import { listOperation, type RequestParts } from './operation.ts';
import { done } from './report.ts';

const pageSize = 500;

/** Counts the posts of a list, its subscribers, and for how many of them encrypted posts can be sealed. */
export const stats = listOperation({
  word: 'STATS',
  order: ['list'],
  governedBy: 'review',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { list, parts } = situation;
    const { line } = await answerTexts(situation);
    const { usable, missing } = await certificateCounts(list, parts);
    const posts = await parts.store.counters.current(list.address);
    const since = createdOn(list);
    const answer = [
      line('list', { list: list.address }),
      ...(since === undefined ? [] : [line('since', { day: since })]),
      line('posts', { count: posts }),
      line('subscribers', { count: usable + missing }),
      line('certificates-usable', { count: usable }),
      line('certificates-missing', { count: missing }),
    ];
    return async () => done('answer', { answer });
  },
});

function createdOn({ config }: List): string | undefined {
  const seconds = Number(config.creation?.date_epoch ?? Number.NaN);
  // RFC 3339 §5.6 writes years of four digits.
  return seconds >= 0 && seconds < 253_402_300_800
    ? new Date(seconds * 1_000).toISOString().slice(0, 10)
    : undefined;
}

async function certificateCounts(
  target: List,
  { store, certificates }: RequestParts,
): Promise<{ readonly usable: number; readonly missing: number }> {
  const { address: list } = target;
  let usable = 0;
  let missing = 0;
  for (let after = ''; ; ) {
    const page = (await store.subscribers.list(list, { after, limit: pageSize })).map(
      ({ address }) => address,
    );
    const choices = await certificates.chooseForEncryption(store, page, target);
    for (const { status } of choices.values()) status === 'found' ? usable++ : missing++;
    if (page.length < pageSize) return { usable, missing };
    after = page.at(-1)!;
  }
}
