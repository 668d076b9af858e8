import { expect, it } from 'vitest';
import { FilterAnswers } from './filter-answers.ts';

function kept(max = 10) {
  const clock = { nowMs: 1_000, now: () => clock.nowMs };
  const asked: string[] = [];
  const answers = new FilterAnswers(clock, max);
  const get = (key: string, keepMs = 100) =>
    answers.get(key, keepMs, async () => {
      asked.push(key);
      return key === 'yes';
    });
  return { clock, asked, answers, get };
}

it('keeps an answer for its time', async () => {
  const { clock, asked, get } = kept();
  expect([await get('yes'), await get('no')]).toEqual([true, false]);
  clock.nowMs += 99;
  expect([await get('yes'), await get('no')]).toEqual([true, false]);
  expect(asked).toEqual(['yes', 'no']);
  clock.nowMs += 1;
  expect(await get('yes')).toBe(true);
  expect(asked).toEqual(['yes', 'no', 'yes']);
});

it('keeps none where the time is nought', async () => {
  const { asked, get } = kept();
  await get('yes', 0);
  await get('yes', 0);
  expect(asked).toEqual(['yes', 'yes']);
});

it('asks once for those who ask at the same time', async () => {
  const { asked, get } = kept();
  await Promise.all([get('yes'), get('yes'), get('yes')]);
  expect(asked).toEqual(['yes']);
});

it('keeps no failure', async () => {
  const { answers, get } = kept();
  await expect(answers.get('yes', 100, () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(await get('yes')).toBe(true);
});

it('forgets what was asked for the longest time ago', async () => {
  const { asked, get } = kept(2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
});
