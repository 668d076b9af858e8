import { describe, expect, it } from 'vitest';
import { SourcesError } from './error.ts';
import { parseMemberFilter } from './member-filter.ts';

const ann = { address: 'ann@example.net', gecos: 'Ann' };

function lets(filter: string): boolean {
  const { lets: test } = parseMemberFilter(filter);
  return test(
    ann,
    ({ role, list }, address) => address === ann.address && role === 'owner' && list === 'crew',
  );
}

describe('the filter of an included list', () => {
  it.each([
    ["isOwnerOf('crew')", true],
    ["isOwnerOf('CREW')", true],
    ["isSubscriberOf('crew')", false],
    ["NOT isEditorOf('crew')", true],
    ["email == 'ANN@example.net'", true],
    ["domain != 'example.net'", false],
    ['gecos == "Ann"', true],
    ["domain == 'x' OR isOwnerOf('crew') AND NOT domain == 'y'", true],
    ["(domain == 'x' || isOwnerOf('crew')) && !gecos == 'Ann'", false],
  ])('%s: %s', (filter, expected) => {
    expect(lets(filter)).toBe(expected);
  });

  it.each([
    '',
    'isOwnerOf',
    'isOwnerOf(crew)',
    "isOwnerOf('crew'",
    "email = 'x'",
    "phone == '1'",
    "email == 'x' email",
    '[% 1 %]',
    '('.repeat(500),
    'NOT '.repeat(400),
  ])('refuses %j', (filter) => {
    expect(() => parseMemberFilter(filter)).toThrow(SourcesError);
  });
});
