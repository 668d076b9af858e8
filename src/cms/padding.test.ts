import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutPadding } from './padding.ts';

describe('the padding of CBC', () => {
  it('comes off as it was put on, for any content and block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(8, 16), (content, block) => {
        const count = block - (content.length % block);
        const padded = Buffer.concat([content, Buffer.alloc(count, count)]);
        expect(Buffer.from(withoutPadding(padded, block)!)).toEqual(Buffer.from(content));
      }),
    );
  });

  it('is refused where its count is no number of the block, or a byte differs', () => {
    const block = (...tail: number[]) => Buffer.from([...new Array(16 - tail.length).fill(1), ...tail]);
    expect(withoutPadding(block(0), 16)).toBeUndefined();
    expect(withoutPadding(block(17), 16)).toBeUndefined();
    expect(withoutPadding(block(255), 16)).toBeUndefined();
    expect(withoutPadding(block(3, 2, 3), 16)).toBeUndefined();
    expect(withoutPadding(block(3, 3, 3), 16)?.length).toBe(13);
    expect(withoutPadding(Buffer.alloc(16, 16), 16)?.length).toBe(0);
  });
});
