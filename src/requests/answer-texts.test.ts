import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultsDir } from '../config/site.ts';
import { oneLine } from './answer-texts.ts';
import { reportCodes } from './report.ts';

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;

const textsIn = (lang: string): Texts =>
  JSON.parse(readFileSync(join(defaultsDir, 'locales', `${lang}.json`), 'utf8')) as Texts;
const english = textsIn('en');
const french = textsIn('fr');

/** The values that a text prints or asks for. */
function valuesIn(text: string): readonly string[] {
  const found = text.matchAll(/\{\{\s*(\w+)|\{%\s*(?:if|elsif|unless)\s+(\w+)/g);
  return [...new Set([...found].map((match) => match[1] ?? match[2]!))].sort();
}

describe.each(['answers', 'reports', 'reasons'])('the %s', (section) => {
  const keys = Object.keys(english[section]!);

  it('stand in English and French', () => {
    expect(Object.keys(french[section]!).sort()).toEqual(keys.toSorted());
  });

  it('print the same values in both', () => {
    for (const key of keys)
      expect(valuesIn(french[section]![key]!), key).toEqual(valuesIn(english[section]![key]!));
  });
});

it('has a text for every code of a report', () => {
  expect(Object.keys(reportCodes).filter((code) => !Object.hasOwn(english.reports!, code))).toEqual([]);
});

it('keeps control characters and line ends out of a line that people wrote', () => {
  expect(oneLine(' What\r\nBcc: x\u0000\u202e is\tnew ')).toBe('What Bcc: x \\u{202e} is new');
});
