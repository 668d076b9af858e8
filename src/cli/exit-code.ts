/** What the program's exit code says; the numbers are those of sysexits. */
export const exitCodes = {
  done: 0,
  /** The answer is no: invalid, rejected, not found by a check. */
  no: 1,
  usage: 64,
  badInput: 65,
  noInput: 66,
  /** No such list or address. */
  unknown: 67,
  unavailable: 69,
  /** A bug. */
  bug: 70,
  tryAgain: 75,
  notPermitted: 77,
  configuration: 78,
} as const;

export type ExitName = keyof typeof exitCodes;
