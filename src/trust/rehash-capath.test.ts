import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { makeFolderSite } from '../../test/kit/folder-site.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { linesLog } from '../../test/kit/site.ts';
import { rehashCapath } from './rehash-capath.ts';

describe.skipIf(!hasProgram('openssl'))('the links of capath', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-capath-'));
    writeFileSync(join(folder, 'root.pem'), makeTestCa().pem);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function rehash(lines: readonly string[]) {
    const made = await makeFolderSite(lines);
    const log = linesLog();
    try {
      return { outcome: await rehashCapath(made.site.conf, log), log };
    } finally {
      made.dispose();
    }
  }
  const links = () => readdirSync(folder).filter((name) => /^[0-9a-f]{8}\.\d$/.test(name));

  it('are left alone unless the site wishes them', async () => {
    expect((await rehash([`capath ${folder}`])).outcome).toBe('off');
    expect((await rehash(['capath_rehash on'])).outcome).toBe('off');
    expect(links()).toEqual([]);
  });

  it('are made by openssl where the site does, and follow the files', async () => {
    expect((await rehash([`capath ${folder}`, 'capath_rehash on'])).outcome).toBe('done');
    expect(links()).toHaveLength(1);
    rmSync(join(folder, 'root.pem'));
    expect((await rehash([`capath ${folder}`, 'capath_rehash on'])).outcome).toBe('done');
    expect(links()).toEqual([]);
  });

  it('are told of in the log where that does not work, and nothing else happens', async () => {
    const program = join(folder, 'no-openssl');
    mkdirSync(program);
    const { outcome, log } = await rehash([`capath ${folder}`, 'capath_rehash on', `openssl ${program}`]);
    expect(outcome).toBe('failed');
    expect(log.lines.join('\n')).toContain('capath not rehashed');
  });
});
