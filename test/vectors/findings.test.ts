import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingsFolder, keptFindings } from '../../fuzz/findings.ts';
import { complaintOf } from '../../fuzz/oracle.ts';
import { fuzzTargets } from '../../fuzz/targets.ts';

describe('what fuzzing has found stays mended', () => {
  const folders = existsSync(findingsFolder) ? readdirSync(findingsFolder) : [];

  it('has a target for each folder of findings, and a file in each', () => {
    expect(folders).not.toEqual([]);
    expect(folders.filter((folder) => readdirSync(join(findingsFolder, folder)).length === 0)).toEqual([]);
    const names = fuzzTargets.map(({ name }) => name);
    expect(folders.filter((folder) => !names.includes(folder))).toEqual([]);
  });

  for (const target of fuzzTargets.filter(({ name }) => folders.includes(name))) {
    it.each([...keptFindings(target)])(`${target.name} takes %s as it should`, (_file, input) => {
      expect(complaintOf(target, input)).toBeUndefined();
    });
  }
});
