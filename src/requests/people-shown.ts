import type { List } from '../lists/list.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { AnswerTexts } from './answer-texts.ts';

/** Writes the lines that name owners and editors; editors only where the list has its own. */
export function peopleLines(
  { config }: List,
  { line }: AnswerTexts,
  withConcealed: boolean,
): readonly string[] {
  const shown = (people: readonly Person[], key: 'owner' | 'editor') =>
    people
      .filter(({ visibility }) => withConcealed || visibility !== 'conceal')
      .map(({ email }) => line(key, { address: canonicalAddress(email) }));
  return [...shown(config.owner, 'owner'), ...shown(config.editor, 'editor')];
}

interface Person {
  readonly email: string;
  readonly visibility: string;
}
