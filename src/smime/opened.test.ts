import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { OpenedContent } from './opened.ts';

const secret = 'canary words';
const opened = new OpenedContent(new TextEncoder().encode(secret));

describe('opened content', () => {
  it('lends its bytes to a reader', () => {
    expect(opened.use((bytes) => new TextDecoder().decode(bytes))).toBe(secret);
    expect(opened.size).toBe(secret.length);
  });

  it('refuses to be serialised', () => {
    expect(() => JSON.stringify({ opened })).toThrow('never serialised');
  });

  it('shows nothing to a log, a debugger or a copy', () => {
    const copies = [
      String(opened),
      `${opened}`,
      inspect(opened),
      inspect({ deep: [opened] }),
      Object.keys(opened).join(),
    ];
    for (const copy of copies) expect(copy).not.toContain('canary');
    expect(inspect({ ...opened }, { showHidden: true })).not.toContain('canary');
    expect(() => structuredClone(opened).use((bytes) => bytes)).toThrow();
  });
});
