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
    const shown = '[opened content, 12 bytes]';
    expect([String(opened), `${opened}`, inspect(opened), inspect(opened, { showHidden: true })]).toEqual(
      Array.from({ length: 4 }, () => shown),
    );
    expect(inspect({ deep: [opened] })).toBe(`{ deep: [ ${shown} ] }`);
    // Bytes would be shown as numbers, in which no search for words finds anything.
    expect(Reflect.ownKeys(opened)).toEqual([]);
    expect(inspect({ ...opened }, { showHidden: true })).toBe('{}');
    expect(() => structuredClone(opened).use((bytes) => bytes)).toThrow();
  });
});
