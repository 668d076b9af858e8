import { operations } from './operations.ts';
import { done, type RequestReport } from './report.ts';

/** Shows how each command is written. */
export function helpReport(): RequestReport {
  const lines = Object.values(operations).map(({ word, order }) =>
    [word, ...(order as readonly string[]).map((name) => placeholders[name] ?? name)].join(' '),
  );
  return done('help', { answer: [...new Set([...lines, 'AUTH key', 'CONFIRM key', 'QUIT'])].sort() });
}

/** What a person writes in place of an argument. */
const placeholders: Readonly<Record<string, string>> = {
  list: 'LIST',
  email: 'ADDRESS',
  gecos: '[NAME]',
  key: 'KEY',
  month: 'YYYY-MM',
  options: 'OPTION…',
};
