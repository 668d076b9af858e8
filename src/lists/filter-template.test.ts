import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ldapTemplate, sqlTemplate, type TemplatePiece } from './filter-template.ts';

const place = { file: 'f.ldap', line: 3 };

const written = (pieces: readonly TemplatePiece[]) =>
  pieces.map((piece) => ('text' in piece ? piece.text : `{${piece.variable}}`)).join('');

describe('a search filter with variables', () => {
  it.each([
    ['(mail=[sender])', '(mail={sender})'],
    ['mail=[sender]', '(mail={sender})'],
    ['(&(mail = [sender]) (type = prof))', '(&(mail={sender})(type=prof))'],
    ['(mail=[ Sender ])', '(mail={sender})'],
    ['(cn=*[user->gecos]*)', '(cn=*{user->gecos}*)'],
    ['(x=[header->X-Tag])', '(x={msg_header->x-tag})'],
    ['(dc=[host])', '(dc={domain})'],
    ['(!(|(a>=1)(b:dn:2.5.13.2:=[email])))', '(!(|(a>=1)(b:dn:2.5.13.2:={email})))'],
    ['(cn=a [1] b)', '(cn=a [1] b)'],
    ['(cn=[sender)', '(cn=[sender)'],
  ])('%j is %j', (text, expected) => {
    expect(written(ldapTemplate(text, place))).toBe(expected);
  });

  it.each([
    ['a variable that there is not', '(mail=[sendr])'],
    ['a variable without its key', '(mail=[list])'],
    ['a variable for an attribute', '([sender]=a)'],
    ['a variable for a filter', '(&[sender](a=b))'],
    ['a variable after a filter', '(a=b)[sender]'],
    ['the text of a post', '(cn=[msg_body])'],
    ['a part of a post', '(cn=[msg_part->body])'],
  ])('refuses %s', (_, text) => {
    expect(() => ldapTemplate(text, place)).toThrow(expect.objectContaining({ code: 'bad-value', place }));
  });
});

describe('a statement with variables', () => {
  it.each([
    ['select 1 where a = [sender] ; ', 'select 1 where a = {sender}'],
    ["select 'it''s', \"[a\", [sender]", "select 'it''s', \"[a\", {sender}"],
    ['select a[1]', 'select a[1]'],
  ])('%j is %j', (text, expected) => {
    expect(written(sqlTemplate(text, place))).toBe(expected);
  });

  it.each([
    "select '[sender]'",
    'select "[sender]"',
    "select 'a''[sender]'",
    'select [sendr]',
    'select [msg_body]',
  ])('refuses %j', (text) => {
    expect(() => sqlTemplate(text, place)).toThrow(expect.objectContaining({ code: 'bad-value', place }));
  });
});

describe('any text', () => {
  it('gives pieces or a ConfigError', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('[', 'sender', '[sender]', '[sendr]', ']', '(', ')', '=', "'", '->', ' '),
      }),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(ldapTemplate, sqlTemplate), (text, read) => {
        try {
          expect(read(text)).toBeInstanceOf(Array);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ConfigError', code: 'bad-value' });
        }
      }),
    );
  });
});
