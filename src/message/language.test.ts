import { expect, it } from 'vitest';
import { parseEntity } from '../mime/entity.ts';
import { acceptedLanguage } from './language.ts';

const languageOf = (body: string) =>
  acceptedLanguage(parseEntity(new Uint8Array(Buffer.from(`Accept-Language: ${body}\r\n\r\n`))).header);

it.each([
  ['fr', 'fr'],
  ['fr-CA, en;q=0.8', 'fr-CA'],
  ['en;q=0.2, de;q=0.9', 'de'],
  ['en, fr', 'en'],
  ['*, fr;q=0.5', 'fr'],
  ['fr;q=0, en;q=0.1', 'en'],
  ['fr; Q=0.1 , de ; q=0.2', 'de'],
  ['fr;q=high, de;q=0.1', 'de'],
  ['../../etc/passwd', undefined],
  ['e', undefined],
  ['', undefined],
  [`${'x-'.repeat(300)}, fr`, undefined],
])('of "%s" the author likes %s best', (body, lang) => {
  expect(languageOf(body)).toBe(lang);
});

it('a message that names no language has none', () => {
  const { header } = parseEntity(new Uint8Array(Buffer.from('Subject: x\r\n\r\n')));
  expect(acceptedLanguage(header)).toBeUndefined();
});
