import { atPlace, ConfigError } from '../config/error.ts';
import { SsympaError } from '../errors.ts';
import { ListsError, type ListsErrorCode } from '../lists/error.ts';
import { CliError } from './error.ts';
import { type ExitName, exitCodes } from './exit-code.ts';
import type { CliIo } from './io.ts';

const listsExits: Readonly<Record<ListsErrorCode, ExitName>> = {
  'no-such-list': 'unknown',
  'no-such-robot': 'unknown',
  'list-exists': 'badInput',
  'bad-list-name': 'badInput',
  'reserved-list-name': 'badInput',
  'bad-address': 'badInput',
  'filter-not-found': 'configuration',
  'filter-value': 'badInput',
  'filter-database': 'unavailable',
  'list-not-writable': 'notPermitted',
};

/** Exit codes of errors whose folder the command line does not know by class. */
const exitsByCode: Readonly<Record<string, ExitName>> = {
  'store-unavailable': 'unavailable',
  'bad-database-url': 'configuration',
  'migration-failed': 'configuration',
  'trust-file-unreadable': 'configuration',
  'no-trust-file': 'configuration',
  'certificate-revoked': 'no',
  'pair-refused': 'no',
  'pair-mismatch': 'no',
  'pair-exists': 'no',
  'key-in-use': 'no',
  'no-such-key': 'unknown',
  'no-such-message': 'unknown',
  'address-refused': 'unknown',
};

/** Gives the exit code of a failure. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ConfigError) return exitCodes.configuration;
  if (error instanceof ListsError) return exitCodes[listsExits[error.code]];
  if (!(error instanceof SsympaError)) return exitCodes.bug;
  const name = exitsByCode[error.code];
  if (name) return exitCodes[name];
  return error.temporary ? exitCodes.tryAgain : exitCodes.badInput;
}

/** The most faults of one file that are printed. */
const maxProblems = 20;

/** Prints a failure on standard error as `ssympa: error: …` and `ssympa: hint: …`, and sets the exit code. */
export function reportError(io: CliIo, error: unknown): void {
  io.exit(exitCodeOf(error));
  if (error instanceof ConfigError) {
    for (const { text, place, hint } of error.problems.slice(0, maxProblems))
      print(io, atPlace(text, place), hint);
    const more = error.problems.length - maxProblems;
    if (more > 0) print(io, `and ${more} more`, undefined);
  } else if (error instanceof SsympaError) {
    const place = error.place && !error.message.startsWith(error.place.file) ? error.place : undefined;
    print(io, atPlace(error.message, place), error.hint);
  } else reportBug(io, error);
}

/** The message of an unexpected error may quote what it was given, so only its name, system code and stack are told. */
function reportBug(io: CliIo, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  print(
    io,
    `unexpected ${code === undefined ? name : `${name} ${code}`}`,
    'this is a bug; please report it with these lines',
  );
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n').filter((one) => /^ {4}at /.test(one))) io.stderr(`${line}\n`);
}

function print(io: CliIo, message: string, hint: string | undefined): void {
  io.stderr(`ssympa: error: ${message}\n`);
  if (hint !== undefined) io.stderr(`ssympa: hint: ${hint}\n`);
}
