import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import {
  addressDefects,
  canonicalAddress,
  formatMailbox,
  parseAddress,
  parseAddressList,
} from './address.ts';
import { formatAddressList } from './compose.ts';

const mailbox = (displayName: string, address: string) => ({ displayName, address });

describe('parseAddressList', () => {
  it.each([
    ['a@b.example', [mailbox('', 'a@b.example')]],
    ['Alice <a@b.example>, b@c.example', [mailbox('Alice', 'a@b.example'), mailbox('', 'b@c.example')]],
    ['"Doe, Jane" <j@d.example>', [mailbox('Doe, Jane', 'j@d.example')]],
    ['j@d.example (Jane (the first))', [mailbox('Jane (the first)', 'j@d.example')]],
    ['"a b"@c.example', [mailbox('', '"a b"@c.example')]],
    ['"ab"@c.example', [mailbox('', 'ab@c.example')]],
    ['x . "y z" @ c (d) . example', [mailbox('d', '"x.y z"@c.example')]],
    ['a@[IPv6:2001:db8::1]', [mailbox('', 'a@[IPv6:2001:db8::1]')]],
    ['Jürgen <jürgen@grün.example>', [mailbox('Jürgen', 'jürgen@grün.example')]],
    ['=?utf-8?q?a=2C_b?= <a@b.example>', [mailbox('a, b', 'a@b.example')]],
    ['<@x,@y:a@b.example>', [mailbox('', 'a@b.example')]],
    [
      'friends: a@b.example, c@d.example;',
      [{ groupName: 'friends', mailboxes: [mailbox('', 'a@b.example'), mailbox('', 'c@d.example')] }],
    ],
    ['undisclosed-recipients:;', [{ groupName: 'undisclosed-recipients', mailboxes: [] }]],
    ['[List] <a@b.example>', [mailbox('[List]', 'a@b.example')]],
    [',, ,', []],
    ['', []],
  ])('reads %j without a defect', (body, items) => {
    expect(parseAddressList(body)).toEqual({ items, defects: [] });
  });

  it.each([
    ['<alice@a.example> <eve@e.example>', 'missing-comma', ['alice@a.example', 'eve@e.example']],
    ['<alice@a.example> eve@e.example', 'missing-comma', ['alice@a.example', 'eve@e.example']],
    ['alice@a.example eve@e.example', 'missing-comma', ['alice@a.example', 'eve@e.example']],
    ['Alice alice@a.example', 'missing-angle', ['alice@a.example']],
    ['Alice <alice@a.example', 'unclosed-angle', ['alice@a.example']],
    ['a@b@c.example', 'bad-address', ['a@b@c.example']],
    ['Alice <alice>', 'no-domain', ['alice']],
    ['Alice of Wonderland', 'no-address', []],
    ['<>', 'no-domain', ['']],
    ['a@b.example (open', 'unclosed-comment', ['a@b.example']],
    ['"open a@b.example', 'unclosed-quote', ['"open a@b.example']],
    ['a..b@c.example', 'bad-address', ['a..b@c.example']],
    ['a@b.example > x', 'stray-special', ['a@b.example']],
    ['g: a@b.example', 'unclosed-group', ['a@b.example']],
  ] as const)('reads %j with the defect %s', (body, defect, addresses) => {
    const { items, defects } = parseAddressList(body);
    expect(defects).toContain(defect);
    expect(addressDefects[defect]).toMatch(/\.$/);
    const found = items.flatMap((item) => ('address' in item ? [item] : item.mailboxes));
    expect(found.map(({ address }) => address)).toEqual(addresses);
  });

  it('takes no specials from inside of quotes', () => {
    const { items, defects } = parseAddressList('"<alice@a.example>," <"e>ve"@e.example>');
    expect(items).toEqual([mailbox('<alice@a.example>,', '"e>ve"@e.example')]);
    expect(defects).toEqual([]);
  });

  it('refuses more mailboxes than it may read', () => {
    expect(() => parseAddressList('a@b.example,'.repeat(20_001))).toThrow(
      expect.objectContaining({ code: 'too-many-addresses' }),
    );
  });

  it.each([
    '(',
    '()',
    '"',
    '<',
    '<a ',
    'a@',
    '@[',
    ':',
    'a:',
    '=?a?b?',
    'a ',
    '.',
    '\\(',
    ';',
  ])('reads 100 KB of %j in linear time', (piece) => {
    const start = cpuNow();
    parseAddressList(piece.repeat(100_000 / piece.length));
    expect(cpuNow() - start).toBeLessThan(3000);
  });

  it('reads any text', () => {
    const hostile = fc.string({ unit: fc.constantFrom(...'a@.<>()":;,\\[] =?é\n') });
    fc.assert(
      fc.property(fc.oneof(fc.string(), hostile), (text) => {
        for (const item of parseAddressList(text).items)
          expect('address' in item ? typeof item.address : typeof item.groupName).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });
});

const localPart = fc.oneof(
  fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}(\.[a-z0-9]{1,5}){0,2}$/),
  fc.stringMatching(/^[ -!#-[\]-~]{1,12}$/).map((content) => `"${content}"`),
  fc.constantFrom('jürgen', '用户'),
);
const address = fc
  .tuple(localPart, fc.constantFrom('example.org', 'a.b.example', '[192.0.2.1]', 'grün.example'))
  .map((parts) => parts.join('@'))
  .filter((text) => parseAddress(text) !== undefined)
  .map((text) => parseAddress(text)!);
const name = fc
  .string({
    unit: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 1 }), fc.constantFrom(...'(),<>@"\\: =?.é')),
    maxLength: 30,
  })
  .map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, '').trim());

describe('formatMailbox', () => {
  it.each([
    ['', 'a@b.example', 'a@b.example'],
    ['Alice B', 'a@b.example', 'Alice B <a@b.example>'],
    ['Alice "B" (x)', 'a@b.example', '"Alice \\"B\\" (x)" <a@b.example>'],
    ['Jürgen, X', 'a@b.example', '=?utf-8?q?J=C3=BCrgen=2C_X?= <a@b.example>'],
    ['a\r\nBcc: x', 'a@b.example', '"a Bcc: x" <a@b.example>'],
  ])('writes %j %j', (displayName, to, expected) => {
    expect(formatMailbox(mailbox(displayName, to))).toBe(expected);
  });

  it.each(['a@b\r\nBcc: x@y', 'a b@c', 'a@b>, <c@d', ''.padEnd(3, ' ')])('refuses the address %j', (bad) => {
    expect(() => formatMailbox(mailbox('x', bad))).toThrow(expect.objectContaining({ code: 'bad-address' }));
  });

  it('is undone by parseAddressList', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ displayName: name, address }), { minLength: 1, maxLength: 4 }),
        (mailboxes) => {
          expect(parseAddressList(formatAddressList(mailboxes))).toEqual({ items: mailboxes, defects: [] });
          const group = { groupName: 'my group', mailboxes };
          expect(parseAddressList(formatAddressList([group])).items).toEqual([group]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('parseAddress', () => {
  it.each([
    'a@b',
    'a.b+c=d@example.org',
    '"a b"@example.org',
    'a@[192.0.2.1]',
    'é@ü.example',
    "o'neill@x.example",
  ])('takes %j', (text) => {
    expect(parseAddress(text)).toBe(text);
  });

  it.each([
    '',
    'a',
    '@b',
    'a@',
    'a@b@c',
    'a b@c',
    ' a@b',
    'a@b ',
    'A <a@b>',
    '<a@b>',
    'a@b,c@d',
    'a..b@c',
    '.a@b',
    'a.@b',
    'a@b..c',
    'a@-b',
    'a@b-',
    'a@b\n',
    'a\0@b',
    'a@b/../c',
    '"a"b@c',
    '"a\nb"@c',
    'a@[x',
    'a\u200b@b',
    'a\u202eb@c',
    'a@b\u00a0c',
    `${'a'.repeat(320)}@b`,
    `a@${'b'.repeat(64)}`,
  ])('takes not %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('takes any text in linear time', () => {
    expect(parseAddress('"'.repeat(1_000_000))).toBeUndefined();
    expect(parseAddress(`"${'\\a'.repeat(150)}`)).toBeUndefined();
  });
});

describe('canonicalAddress', () => {
  it.each([
    ['Alice@Example.ORG', 'alice@example.org'],
    ['"alice"@example.org', 'alice@example.org'],
    ['"A b"@example.org', '"a b"@example.org'],
    ['É@GRÜN.example', 'É@xn--grn-ioa.example'],
    ['a@faß.example', 'a@xn--fa-hia.example'],
    ['a@[IPv6:2001:DB8::1]', 'a@[ipv6:2001:db8::1]'],
    ['LISTMASTER', 'listmaster'],
  ])('writes %j as %j', (given, expected) => {
    expect(canonicalAddress(given)).toBe(expected);
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(address, fc.string({ unit: 'grapheme' })), (text) => {
        const once = canonicalAddress(text);
        expect(canonicalAddress(once)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });
});
