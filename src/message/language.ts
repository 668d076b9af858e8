import { findField, type Header } from '../mime/header.ts';

/** Languages that are looked at; nobody reads so many. */
const maxLanguages = 20;

/**
 * Gives the language that the author of a message likes best, by Accept-Language. RFC 3282 §3.
 *
 * @returns a language tag, or `undefined`
 */
export function acceptedLanguage(header: Header): string | undefined {
  const body = findField(header, 'accept-language')?.body ?? '';
  const ranked = body
    .slice(0, 500)
    .split(',')
    .slice(0, maxLanguages)
    .map((item) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim());
      const quality = parameters.find((one) => /^q=/i.test(one))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}$/.test(tag) && quality > 0);
  return ranked.toSorted((a, b) => b.quality - a.quality)[0]?.tag;
}
