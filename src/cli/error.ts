import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';
import { type ExitName, exitCodes } from './exit-code.ts';

/** Why a command did not do what it was told. */
export const cliErrorCodes = {
  usage: { meaning: 'The command line is not one that the program takes.', temporary: false },
  'no-input': { meaning: 'A file that the command line names does not exist.', temporary: false },
  'bad-input': { meaning: 'What a command was given cannot be used.', temporary: false },
  'not-found': { meaning: 'What the command line names does not exist.', temporary: false },
  'answer-is-no': { meaning: 'The check that was asked for fails.', temporary: false },
  'not-permitted': { meaning: 'The file system does not let this user do it.', temporary: false },
  interrupted: { meaning: 'A signal ended a command before it was done.', temporary: true },
  unavailable: { meaning: 'A service that the command needs does not answer.', temporary: true },
} as const satisfies ErrorTable;

export type CliErrorCode = keyof typeof cliErrorCodes;

const exitNames: Readonly<Record<CliErrorCode, ExitName>> = {
  usage: 'usage',
  'no-input': 'noInput',
  'bad-input': 'badInput',
  'not-found': 'unknown',
  'answer-is-no': 'no',
  'not-permitted': 'notPermitted',
  interrupted: 'tryAgain',
  unavailable: 'unavailable',
};

/** A failure of the command line itself. */
export class CliError extends SsympaError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string, options?: ErrorOptionsOf) {
    super(cliErrorCodes, code, message, options);
  }

  get exitCode(): number {
    return exitCodes[exitNames[this.code]];
  }
}
