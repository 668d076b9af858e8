import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmtpError } from './error.ts';
import { ReplyReader } from './reply-reader.ts';

function read(text: string) {
  return new ReplyReader().push(Buffer.from(text));
}

describe('ReplyReader', () => {
  it('reads single lines and lines that go on', () => {
    expect(read('250-mx\r\n250-SIZE 100\r\n250 PIPELINING\r\n354 go\r\n250\r\n')).toEqual([
      { code: 250, enhanced: '', text: 'mx SIZE 100 PIPELINING', lines: ['mx', 'SIZE 100', 'PIPELINING'] },
      { code: 354, enhanced: '', text: 'go', lines: ['go'] },
      { code: 250, enhanced: '', text: '', lines: [''] },
    ]);
  });

  it('takes the enhanced code out of every line', () => {
    expect(read('550-5.7.1 not\r\n550 5.7.1 you\r\n')[0]).toMatchObject({
      enhanced: '5.7.1',
      text: 'not you',
    });
    expect(read('550 5.7.1000 no code\r\n')[0]).toMatchObject({ enhanced: '' });
  });

  it('makes one harmless line of the text, UTF-8 included', () => {
    expect(read('550 grüße \u001b[31m\u0000x\u2028y\r\n')[0]!.text).toBe('grüße  [31m x y');
  });

  it.each([
    'hello\r\n',
    '99 x\r\n',
    '2500 x\r\n',
    '150 x\r\n',
    '250-a\r\n550 b\r\n',
    '250_x\r\n',
    '\r\n',
  ])('takes %j for no reply', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'peer-babbles' }));
  });

  it('gives the same replies however they are cut, and its own error for anything else', () => {
    const texts = fc.constantFrom(
      '250 a\r\n',
      '250-a\r\n',
      '550 5.1.1 b\r\n',
      'x',
      '\r\n',
      '421',
      ' ',
      'ü\n',
    );
    const outcome = (pieces: readonly string[]) => {
      const reader = new ReplyReader();
      try {
        return pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
      } catch (error) {
        expect(error).toBeInstanceOf(SmtpError);
        return 'no reply';
      }
    };
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 12 }), (parts) => {
        const whole = parts.join('');
        expect(outcome([...whole])).toEqual(outcome([whole]));
      }),
    );
  });

  it('keeps no more than a line and no more lines than a reply may have', () => {
    expect(() => read('2'.repeat(5_000))).toThrow(SmtpError);
    expect(() => read('250-x\r\n'.repeat(200))).toThrow(SmtpError);
    expect(new ReplyReader().isEmpty).toBe(true);
  });
});
