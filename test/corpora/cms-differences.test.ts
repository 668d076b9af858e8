import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { corpusFolder } from '../kit/corpora.ts';
import { cmsDifferences } from './cms-differences.ts';

describe('the list of differences', () => {
  it('names only rows that exist, each with a reason', () => {
    for (const [row, { reason }] of Object.entries(cmsDifferences)) {
      const corpus = row.slice(0, row.indexOf('/'));
      const file = row.slice(corpus.length + 1) + (corpus === 'wycheproof' ? '_test.json' : '');
      const folder = corpusFolder(corpus);
      if (folder !== undefined) expect(existsSync(join(folder, file)), row).toBe(true);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});
