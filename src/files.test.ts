import {
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runsAsRoot } from '../test/kit/programs.ts';
import { isFaultOfFile, makeFolder, readFileIfThere, removeFile, writeFileAtomically } from './files.ts';

const somebody = { uid: 12_345, gid: 12_346 };

describe('files', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ssympa-files-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const at = (...names: readonly string[]) => join(dir, ...names);
  const ownerOf = (path: string) => {
    const { uid, gid } = statSync(path);
    return { uid, gid };
  };

  it('are written whole, with their mode, and nothing is left beside them', async () => {
    writeFileSync(at('file'), 'old');
    await writeFileAtomically(at('file'), 'new', 0o600);
    expect(readFileSync(at('file'), 'utf8')).toBe('new');
    expect(statSync(at('file')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['file']);
  });

  it('that cannot be put in place leave nothing behind', async () => {
    mkdirSync(at('folder', 'full'), { recursive: true });
    await expect(writeFileAtomically(at('folder'), 'text')).rejects.toMatchObject({
      code: /EISDIR|ENOTEMPTY/,
    });
    expect(readdirSync(dir)).toEqual(['folder']);
  });

  it.skipIf(!runsAsRoot())(
    'are given to their owner, and what a link in their place leads to is not',
    async () => {
      writeFileSync(at('other'), 'of root');
      symlinkSync(at('other'), at('file'));
      await writeFileAtomically(at('file'), 'text', 0o600, somebody);
      expect(ownerOf(at('file'))).toEqual(somebody);
      expect(ownerOf(at('other'))).toEqual({ uid: 0, gid: 0 });
      expect(readFileSync(at('other'), 'utf8')).toBe('of root');
    },
  );

  it.skipIf(!runsAsRoot())(
    'folders that root makes belong to the owner of the one that they lie in',
    async () => {
      chownSync(dir, somebody.uid, somebody.gid);
      await makeFolder(at('a', 'b', 'c'), 0o700);
      for (const path of [at('a'), at('a', 'b'), at('a', 'b', 'c')]) expect(ownerOf(path)).toEqual(somebody);
      expect(statSync(at('a', 'b', 'c')).mode & 0o777).toBe(0o700);
    },
  );

  it.skipIf(!runsAsRoot())('folders that are there stay whose they are', async () => {
    mkdirSync(at('mine'));
    chownSync(dir, somebody.uid, somebody.gid);
    await makeFolder(at('mine'));
    expect(ownerOf(at('mine'))).toEqual({ uid: 0, gid: 0 });
  });

  it('are removed where they are there', async () => {
    writeFileSync(at('file'), '');
    linkSync(at('file'), at('second'));
    await removeFile(at('file'));
    await removeFile(at('file'));
    expect(readdirSync(dir)).toEqual(['second']);
  });

  it.each([
    ['one that is too large', (path: string) => writeFileSync(path, 'longer than ten')],
    ['a folder in its place', (path: string) => mkdirSync(path)],
    ['a link to itself', (path: string) => symlinkSync(path, path)],
  ])('%s is at fault itself', async (_what, make) => {
    make(at('file'));
    const error = await readFileIfThere(at('file'), 10).catch((caught: unknown) => caught);
    expect(isFaultOfFile(error)).toBe(true);
  });

  it('are not at fault for what a process or a disk lacks', () => {
    for (const code of ['EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'ESTALE'])
      expect(isFaultOfFile(Object.assign(new Error(code), { code }))).toBe(false);
  });
});
