/**
 * What the parts of the house say while they run. Only `daemon.ts` and `cli/` know the program behind it.
 * Never a key, a pass phrase or plaintext: pass codes, ids, sizes and addresses of envelopes.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** The values that a line may carry. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A log that keeps nothing, for tools that print their own result. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
