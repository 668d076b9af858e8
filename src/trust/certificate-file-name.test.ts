import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import { certificateFileName, parseCertificateFileName } from './certificate-file-name.ts';

const usages = ['both', 'sign', 'encrypt'] as const;

describe('the name of a certificate file', () => {
  it.each([
    ["o'brien+tag/x@h.example", 'both', 'o_27brien+tag_2fx@h.example'],
    ['a_b@h.example', 'encrypt', 'a_5fb@h.example@enc'],
    ['zoë@h.example', 'sign', 'zo_c3_ab@h.example@sign'],
    ['"../../etc/passwd"@h.example', 'both', '_22.._2f.._2fetc_2fpasswd_22@h.example'],
  ] as const)('of %s, %s, is %s', (address, usage, name) => {
    expect(certificateFileName(address, usage)).toBe(name);
  });

  it('is read back as the address and usage that it was made of, whatever the address', () => {
    const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(local, fc.constantFrom(...usages), (text, usage) => {
        const parsed =
          parseAddress(`${text}@example.org`) ??
          parseAddress(`"${text.replaceAll(/["\\]/g, '')}"@example.org`);
        fc.pre(parsed !== undefined);
        const address = canonicalAddress(parsed);
        const name = certificateFileName(address, usage);
        fc.pre(name !== undefined);
        expect(parseCertificateFileName(name)).toEqual({ address, usage });
      }),
    );
  });

  it('is never a path, hidden, or longer than a file system takes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.constantFrom(...usages),
        (text, usage) => {
          const name = certificateFileName(`${text}@example.org`, usage);
          if (name === undefined) return;
          expect(name).toMatch(/^[A-Za-z0-9\-+@_][A-Za-z0-9\-+.@_]*$/);
          expect(name.length).toBeLessThanOrEqual(255);
        },
      ),
    );
  });

  it('by another tool may hold characters as they are, beside escaped ones', () => {
    expect(parseCertificateFileName('zoë_2bx@h.example')).toEqual({
      address: 'zoë+x@h.example',
      usage: 'both',
    });
    expect(parseCertificateFileName('Ann_B@H.Example@enc')).toEqual({
      address: 'ann_b@h.example',
      usage: 'encrypt',
    });
  });

  it.each([
    'README',
    '',
    '@enc',
    'x@enc@enc@enc',
    '_ff@h.example',
    'a b',
  ])('gives no address for %j', (name) => {
    expect(parseCertificateFileName(name)).toBeUndefined();
  });
});
