import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { byteMutators } from '../fuzz/byte-mutators.ts';
import { derMutators } from '../fuzz/der-mutators.ts';
import { alice } from '../fuzz/identity.ts';
import { mutate } from '../fuzz/mutator.ts';
import { complaintOf } from '../fuzz/oracle.ts';
import { Random } from '../fuzz/random.ts';
import { demand, type FuzzTarget } from '../fuzz/target.ts';
import { PkiError } from '../src/pki/error.ts';

const seconds = 45;

function targetThat(run: FuzzTarget['run']): FuzzTarget {
  return { name: 'made up', errors: [PkiError], mutators: byteMutators, seeds: () => [], run };
}

function kindOf(run: FuzzTarget['run']): string | undefined {
  return complaintOf(targetThat(run), new Uint8Array(10))?.kind;
}

describe('the judge of fuzzed runs', () => {
  it('has no complaint about a value or a typed error', () => {
    expect(kindOf(() => {})).toBeUndefined();
    expect(
      kindOf(() => {
        throw new PkiError('asn1-value', 'expected');
      }),
    ).toBeUndefined();
  });

  it('complains of an error that is not the typed one', () => {
    expect(
      kindOf(() => {
        throw new TypeError('surprise');
      }),
    ).toBe('untyped error');
  });

  it('complains of a value that does not come again', () => {
    expect(kindOf(() => demand(false, 'the same again'))).toBe('disagreement');
  });

  it('complains of more than a second of work', () => {
    const busy = () => {
      const start = process.threadCpuUsage().user;
      while (process.threadCpuUsage().user - start < 1_100_000);
    };
    expect(kindOf(busy)).toBe('slow');
  });

  it.skipIf(process.platform !== 'linux')('complains of memory far above the input', () => {
    expect(kindOf(() => new Uint8Array(200_000_000).fill(1))).toBe('memory');
  });
});

describe('the mutators', () => {
  it('make the same of the same seed', () => {
    const make = () => {
      const random = new Random(7);
      const { der } = alice.certificate;
      return Array.from({ length: 200 }, () =>
        Buffer.from(mutate(der, [...derMutators, ...byteMutators], random, [der], 10_000)).toString('hex'),
      );
    };
    expect(make()).toEqual(make());
    expect(new Set(make()).size).toBeGreaterThan(150);
  });
});

it('finds nothing in a short while of fuzzing over all parsers', { timeout: 600_000 }, () => {
  const main = resolve(import.meta.dirname, '../fuzz/main.ts');
  const run = spawnSync(process.execPath, [main, '--seconds', String(seconds), '--seed', '1'], {
    encoding: 'utf8',
  });
  // What was found stands in the output, and as a file that belongs into the repository.
  expect(`${run.stdout}${run.stderr}`).not.toMatch(/[1-9]\d* findings|Error/);
  expect(run.status).toBe(0);
});
