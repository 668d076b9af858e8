import { describe, expect, it } from 'vitest';
import { recordedIo } from '../../test/kit/cli.ts';
import { ConfigError } from '../config/error.ts';
import { ListsError } from '../lists/error.ts';
import { StoreError } from '../store/error.ts';
import { CliError } from './error.ts';
import { reportError } from './report-error.ts';

function reported(error: unknown): { readonly code: number; readonly stderr: string } {
  const { io, result } = recordedIo();
  reportError(io, error);
  return result();
}

describe('reportError', () => {
  it.each<[string, unknown, number]>([
    ['a command line', new CliError('usage', 'x'), 64],
    ['bad input', new CliError('bad-input', 'x'), 65],
    ['a missing file', new CliError('no-input', 'x'), 66],
    ['a list that is not there', new ListsError('no-such-list', 'x'), 67],
    ['a database that does not answer', new StoreError('store-unavailable', 'x'), 69],
    ['a bug', new TypeError('x'), 70],
    ['something that is no error', 'x', 70],
    ['what the file system does not allow', new CliError('not-permitted', 'x'), 77],
    ['a configuration', new ConfigError('bad-value', 'x'), 78],
    ['a database that could not be migrated', new StoreError('migration-failed', 'x'), 78],
  ])('ends for %s with its exit code', (_name, error, code) => {
    expect(reported(error).code).toBe(code);
  });

  it('prints the message and the hint', () => {
    const error = new ListsError('no-such-list', 'there is no list x', { hint: 'make it' });
    expect(reported(error).stderr).toBe('ssympa: error: there is no list x\nssympa: hint: make it\n');
  });

  it('prints the place once', () => {
    const error = new ConfigError('bad-value', 'lang is wrong', {
      place: { file: '/s/sympa.conf', line: 3 },
    });
    expect(reported(error).stderr).toBe('ssympa: error: /s/sympa.conf:3: lang is wrong\n');
  });

  it('prints a number of faults of one file, not thousands', () => {
    const fault = { code: 'bad-syntax', text: 'x', place: undefined, hint: undefined } as const;
    const error = ConfigError.of([fault, ...Array(500).fill(fault)]);
    expect(reported(error).stderr.split('\n')).toHaveLength(22);
    expect(reported(error).stderr).toContain('and 481 more');
  });

  it('never prints the message of a bug, which may quote anything', () => {
    const { stderr } = reported(new TypeError('cannot read hunter2'));
    expect(stderr).toMatch(/^ssympa: error: unexpected TypeError\n/);
    expect(stderr).toContain('    at ');
    expect(stderr).not.toContain('hunter2');
  });
});
