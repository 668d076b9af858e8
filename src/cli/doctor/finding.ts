import { SsympaError } from '../../errors.ts';

/** How a check ended. */
export type FindingStatus = 'ok' | 'warn' | 'error';

/** One line of `ssympa doctor`. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly status: FindingStatus;
  readonly text: string;
  /** What to do. */
  readonly hint: string | null;
}

/** Something that is as it should be. */
export function fine(check: string, text: string): Finding {
  return { check, status: 'ok', text, hint: null };
}

/** Something that works, and that somebody should look at. */
export function warning(check: string, text: string, hint?: string): Finding {
  return { check, status: 'warn', text, hint: hint ?? null };
}

/** Something that does not work. */
export function problem(check: string, text: string, hint?: string): Finding {
  return { check, status: 'error', text, hint: hint ?? null };
}

/** What a check says of an error that it met; the message of a surprise may quote anything, so it is not told. */
export function problemOf(check: string, error: unknown, hint?: string): Finding {
  if (error instanceof SsympaError) return problem(check, error.message, error.hint ?? hint);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const name = error instanceof Error ? error.name : 'unknown error';
  return problem(check, `the check failed (${code ?? name})`, hint);
}
