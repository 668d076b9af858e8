import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPipeInput } from './pipe-input.ts';

async function read(text: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(text);
  const input = (async function* () {
    let from = 0;
    for (const cut of cuts) {
      yield bytes.subarray(from, from + cut);
      from += cut;
    }
    yield bytes.subarray(Math.min(from, bytes.length));
  })();
  const { returnPath, pieces } = await readPipeInput(input);
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return { returnPath, text: Buffer.concat(all).toString() };
}

describe('readPipeInput', () => {
  it.each([
    ['Subject: x\n\nhello\n', undefined, 'Subject: x\n\nhello\n'],
    ['From ann@example.org Tue Nov 24 10:00:00 2026\nSubject: x\n\n', undefined, 'Subject: x\n\n'],
    ['Return-Path: <ann@example.org>\nSubject: x\n\n', 'ann@example.org', undefined],
    ['return-path:ann@example.org\r\nSubject: x\r\n\r\n', 'ann@example.org', undefined],
    ['Return-Path: <>\nSubject: x\n\n', '', undefined],
    ['From MAILER-DAEMON Tue\nReturn-Path: <>\nSubject: x\n\n', '', 'Return-Path: <>\nSubject: x\n\n'],
    ['Return-Path: <no address>\n\n', undefined, undefined],
    ['From: ann@example.org\nReturn-Path: <late@example.org>\n\n', undefined, undefined],
    ['From : ann@example.org\n\n', undefined, undefined],
    ['', undefined, ''],
    ['x', undefined, 'x'],
  ])('of %j finds the return path %j', async (text, returnPath, message) => {
    expect(await read(text)).toEqual({ returnPath, text: message ?? text });
  });

  it('gives the same however the pipe is cut', async () => {
    const text = 'From a@b Tue Nov 24\nReturn-Path: <a@b.example>\nSubject: x\n\nFrom here\n.\n';
    const whole = await read(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 9 }), { maxLength: 20 }), async (cuts) => {
        expect(await read(text, cuts)).toEqual(whole);
      }),
    );
  });

  it('holds no more than the top of a message without line ends', async () => {
    const text = 'x'.repeat(100_000);
    expect((await read(text, [50_000])).text).toBe(text);
  });
});
