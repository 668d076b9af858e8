import { expect, it } from 'vitest';
import { loadCatalogue } from './catalogue.ts';
import { renderText } from './render-text.ts';
import { visibleText, visibleValue } from './visible-text.ts';

const controls = [
  0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x2028,
  0x2029,
];

it.each(controls)('shows U+%s as an escape, and nothing else', (code) => {
  const character = String.fromCodePoint(code);
  expect(visibleText(`a${character}é`)).toBe(`a\\u{${code.toString(16)}}é`);
});

it('leaves letters of every direction, and joiners, as they are', () => {
  const text = 'Grüße مرحبا שלום क्‍ष 👩‍🔧';
  expect(visibleText(text)).toBe(text);
});

it('reaches every text of a value', () => {
  const value = { a: ['\u{202e}x', 1, null, { b: 'y\u{2066}' }], c: true };
  expect(visibleValue(value)).toEqual({ a: ['\\u{202e}x', 1, null, { b: 'y\\u{2066}' }], c: true });
});

it('shows them in a service mail wherever a variable stands', async () => {
  const file = {
    path: 'x',
    text: 'Subject: About {{ who }}\n\nFrom {{ who }}: {% for one in all %}{{ one }}{% endfor %}\n',
  };
  const catalogue = await loadCatalogue([], 'en');
  const rendered = renderText(file, { who: 'a\u{202e}b', all: ['\u{200f}'] }, catalogue);
  expect(rendered).toEqual({ subject: 'About a\\u{202e}b', text: 'From a\\u{202e}b: \\u{200f}\n' });
});
