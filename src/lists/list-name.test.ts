import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { siteSchema } from '../config/site-parameters.ts';
import { ListsError } from './error.ts';
import { checkNewListName, isListName, maxListNameLength } from './list-name.ts';

const conf = siteSchema.parse({
  domain: 'example.org',
  listmaster: 'root@example.org',
  prohibited_listnames: 'www,root,*master',
});

describe('isListName', () => {
  it.each([
    'plans',
    'a',
    '2026',
    'dev.core',
    'c++',
    'a_b-c',
    'x'.repeat(maxListNameLength),
  ])('takes %s', (name) => {
    expect(isListName(name)).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    '../etc',
    'a/b',
    'a\0',
    'Plans',
    '-a',
    '.a',
    'a..b',
    'a.',
    'a b',
    'ä',
    'a@b',
    'x'.repeat(51),
  ])('refuses %j', (name) => {
    expect(isListName(name)).toBe(false);
  });

  it('lets no name through that leaves its folder or needs quotes in an address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(isListName(name) && /[/\\\0@\s"(),:;<>[\]]|^\.|\.\./.test(name)).toBe(false);
      }),
    );
  });
});

describe('checkNewListName', () => {
  it.each([
    'plans-request',
    'plans-owner',
    'plans-editor',
    'plans-subscribe',
    'plans-unsubscribe',
    'sympa',
    'listmaster',
    'postmaster',
    'bounce',
    'bounce+x',
    'www',
    'webmaster',
  ])('keeps %s for the service', (name) => {
    expect(() => checkNewListName(name, conf)).toThrow(
      expect.objectContaining({ code: 'reserved-list-name' }),
    );
  });

  it('takes a name that only looks like a reserved one', () => {
    for (const name of ['request', 'owners', 'masterclass', 'sympathy', 'plans-owners'])
      expect(() => checkNewListName(name, conf)).not.toThrow();
  });

  it('tells what a name is made of', () => {
    expect(() => checkNewListName('Two Words', conf)).toThrow(ListsError);
  });
});
