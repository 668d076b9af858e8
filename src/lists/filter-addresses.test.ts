import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { ConfigError } from '../config/error.ts';
import { parseAddressPatterns } from './filter-addresses.ts';

const fits = (text: string, address: string) => parseAddressPatterns(text, 'f.txt').fits(address);

describe('a file of addresses', () => {
  it.each([
    ['ann@example.org', 'ann@example.org', true],
    ['Ann@Example.ORG', 'aNN@example.org', true],
    ['ann@example.org', 'xann@example.org', false],
    ['ann@example.org', 'ann@example.org.evil.example', false],
    ['ann@exampleXorg', 'ann@example.org', false],
    ['a.n@example.org', 'axn@example.org', false],
    ['*@example.org', 'ann@example.org', true],
    ['*@example.org', 'ann@sub.example.org', false],
    ['ann@*', 'ann@example.org', true],
    ['a*a@example.org', 'a@example.org', false],
    ['*', '', true],
    ['a*b*c', 'axb*c', true],
    ['a*b*c', 'axbxc', false],
    ['  ann@example.org \r', 'ann@example.org', true],
    ['# ann@example.org', '# ann@example.org', false],
    ['; ann@example.org', 'ann@example.org', false],
    ['', '', false],
    ['ann@exämple.org', 'ann@xn--exmple-cua.org', true],
    ['\uFEFFann@example.org', 'ann@example.org', true],
  ])('of %j fits %j: %s', (line, address, expected) => {
    expect(fits(`bob@example.com\n${line}\n`, address)).toBe(expected);
    expect(fits(`${line}\nbob@example.com`, address)).toBe(expected);
  });

  it('takes every other character for itself', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-)+-:<-~]{1,40}$/), (pattern) => {
        fc.pre(!pattern.startsWith('#'));
        expect(fits(pattern, pattern)).toBe(true);
        expect(fits(pattern, `${pattern}x`)).toBe(false);
      }),
    );
  });

  it('names the line that is too long', () => {
    expect(() => fits(`a\n${'b'.repeat(1_001)}`, 'a')).toThrow(
      expect.objectContaining({ code: 'config-too-large', place: { file: 'f.txt', line: 2 } }),
    );
  });

  it('has an end of lines', () => {
    expect(() => fits('\n'.repeat(200_001), 'a')).toThrow(ConfigError);
  });

  it('is looked through in little time, however many lines it has', () => {
    const patterns = parseAddressPatterns(`${'a*'.repeat(300)}\n`.repeat(5_000), 'f.txt');
    const startedMs = cpuNow();
    for (let i = 0; i < 10; i++) expect(patterns.fits('a'.repeat(1_000))).toBe(false);
    expect(cpuNow() - startedMs).toBeLessThan(1_000);
  });
});
