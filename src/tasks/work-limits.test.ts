import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withinLimits } from './work-limits.ts';

const never = new AbortController().signal;
const longMs = 600_000;

/** Work that ends some time after it was told to. */
const politeWork = (afterMs: number) => async (signal: AbortSignal) => {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await pause(afterMs);
  return 'as far as it got';
};
const deafWork = () => new Promise<never>(() => {});

describe('work within limits', () => {
  it('ends with its value, or with its failure', async () => {
    const limits = { workMs: longMs, graceMs: longMs };
    expect(await withinLimits(async () => 1, never, limits)).toEqual({
      status: 'settled',
      value: 1,
      cut: null,
    });
    const failing = withinLimits(() => Promise.reject(new Error('no')), never, limits);
    await expect(failing).rejects.toThrow('no');
  });

  it('is told to end when it takes too long, and waited for', async () => {
    const end = await withinLimits(politeWork(5), never, { workMs: 20, graceMs: longMs });
    expect(end).toEqual({ status: 'settled', value: 'as far as it got', cut: 'too-long' });
  });

  it('is told to end when the process stops, before or in the middle', async () => {
    const limits = { workMs: longMs, graceMs: longMs };
    const stopping = new AbortController();
    const running = withinLimits(politeWork(5), stopping.signal, limits);
    stopping.abort();
    const end = { status: 'settled', value: 'as far as it got', cut: 'stopping' };
    expect(await running).toEqual(end);
    expect(await withinLimits(politeWork(5), stopping.signal, limits)).toEqual(end);
  });

  it('is abandoned when it does not hear', async () => {
    const limits = { workMs: 20, graceMs: 20 };
    expect(await withinLimits(deafWork, never, limits)).toEqual({ status: 'abandoned', cut: 'too-long' });
    const stopped = await withinLimits(deafWork, AbortSignal.abort(), { ...limits, workMs: longMs });
    expect(stopped).toEqual({ status: 'abandoned', cut: 'stopping' });
  });

  it('may fail after it was abandoned, and nobody is hurt', async () => {
    const seen: unknown[] = [];
    const note = (reason: unknown) => seen.push(reason);
    process.on('unhandledRejection', note);
    const late = async () => {
      await pause(60);
      throw new Error('too late');
    };
    expect((await withinLimits(late, never, { workMs: 10, graceMs: 10 })).status).toBe('abandoned');
    await pause(120);
    process.off('unhandledRejection', note);
    expect(seen).toEqual([]);
  });
});
