/** How long some work may take, and how long it is waited for once it was told to end. */
export interface WorkLimits {
  readonly workMs: number;
  readonly graceMs: number;
}

/** The limits of one run of a task, and of one chore. */
export const usualLimits: WorkLimits = { workMs: 3_600_000, graceMs: 15_000 };

/** Why work was told to end. */
export type CutReason = 'too-long' | 'stopping';

/** How work within limits ended; what was abandoned may still go on, and nobody waits for it. */
export type LimitedEnd<T> =
  | { readonly status: 'settled'; readonly value: T; readonly cut: CutReason | null }
  | { readonly status: 'abandoned'; readonly cut: CutReason };

/**
 * Does some work, tells it to end when it takes too long or when the process stops, and waits no longer than the limits
 * say, whatever the work does.
 *
 * @param work is given the signal that tells it to end
 * @param stopping aborted when the process stops
 * @throws what the work throws in time
 */
export async function withinLimits<T>(
  work: (signal: AbortSignal) => Promise<T>,
  stopping: AbortSignal,
  { workMs, graceMs }: WorkLimits,
): Promise<LimitedEnd<T>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), workMs);
  const signal = AbortSignal.any([stopping, late.signal]);
  const patience = patienceAfter(signal, graceMs);
  const cut = () => (stopping.aborted ? 'stopping' : late.signal.aborted ? 'too-long' : null);
  try {
    // A failure after the race is over belongs to nobody, and is none of the process either.
    return await Promise.race([
      work(signal).then((value) => ({ status: 'settled', value, cut: cut() }) as const),
      patience.over.then(() => ({ status: 'abandoned', cut: cut() ?? 'too-long' }) as const),
    ]);
  } finally {
    clearTimeout(timer);
    patience.end();
  }
}

/** A promise that is kept when a signal was aborted so long ago. */
function patienceAfter(signal: AbortSignal, graceMs: number): { readonly over: Promise<void>; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const begin = () => {
    timer = setTimeout(resolve, graceMs);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return {
    over,
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', begin);
    },
  };
}
