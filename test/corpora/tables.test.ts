import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { corpusFolder } from '../kit/corpora.ts';

/**
 * How many rows the tables have that the tests of this folder are made of, at least: a test for each row of an empty table
 * is no test, and nothing else would notice.
 */
const tables: readonly (readonly [corpus: string, file: string, key: string | undefined, rows: number])[] = [
  ['cms-examples-rfc9216', 'expectations.json', 'cases', 10],
  ['cms-mldsa', 'expectations.json', 'cases', 3],
  ['mime-mimetools', 'expectations.json', 'cases', 48],
  ['mime-stalwart', 'expectations.json', 'cases', 107],
  ['mime-stalwart', 'content_type.json', undefined, 103],
  ['mime-stalwart', 'address.json', undefined, 60],
  ['mime-stalwart', 'date.json', undefined, 40],
  ['mime-torture', 'expectations.json', 'cases', 19],
  ['openssl-cms', 'expectations.json', 'cms', 17],
  ['openssl-cms', 'expectations.json', 'certificates', 22],
  ['openssl-cms', 'expectations.json', 'eai', 4],
  ['openssl-cms', 'expectations.json', 'pkcs12', 19],
  ['openssl-matrix', 'expectations.json', 'cases', 38],
  ['pkits', 'expectations.json', 'cases', 129],
  ['protected-headers-draft', 'expectations.json', 'cases', 12],
  ['rfc4134-examples', 'expectations.json', 'cases', 19],
  ['rfc9216-keys', 'expectations.json', 'certificates', 12],
  ['rfc9216-keys', 'expectations.json', 'chains', 64],
  ['rfc9216-keys', 'expectations.json', 'pkcs12', 4],
  ['rfc9788-header-protection', 'expectations.json', 'cases', 8],
  ['rfc9788-header-protection', 'composition-cases.json', 'cases', 2],
  ['sympa-samples', 'expectations.json', 'messages', 10],
  ['thunderbird-smime', 'expectations.json', 'cases', 83],
  ['wycheproof', 'expectations.json', 'files', 27],
  ['x509-pkcs-vectors', 'expectations.json', 'certificates', 48],
  ['x509-pkcs-vectors', 'expectations.json', 'crls', 27],
  ['x509-pkcs-vectors', 'expectations.json', 'pkcs12', 31],
];

// Without the archive all corpora are skipped; with it, none is.
const isThere = tables.some(([corpus]) => corpusFolder(corpus) !== undefined);

describe.skipIf(!isThere)('the tables of the corpora', () => {
  it.each(tables)('%s: %s, %s has its %i rows', (corpus, file, key, rows) => {
    const folder = corpusFolder(corpus);
    expect(folder).toBeTypeOf('string');
    const table = JSON.parse(readFileSync(join(folder!, file), 'utf8'));
    expect((key === undefined ? table : table[key]).length).toBeGreaterThanOrEqual(rows);
  });
});
