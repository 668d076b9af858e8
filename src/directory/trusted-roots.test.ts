import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { trustedRoots } from './trusted-roots.ts';

describe('the authorities that a directory server is checked against', () => {
  let dir: string;
  const file = (name: string) => join(dir, name);
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ssympa-roots-'));
    writeFileSync(file('ca.pem'), makeTestCa().pem);
    writeFileSync(file('large.pem'), Buffer.alloc(5 << 20));
    mkdirSync(file('folder'));
    mkdirSync(file('roots'));
    symlinkSync('/proc/self/mem', file('roots/a.pem'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('are read from a file', async () => {
    expect(await trustedRoots({ caFile: file('ca.pem') })).toBeTypeOf('object');
  });

  it.each([
    'gone.pem',
    'folder',
    'large.pem',
  ])('cannot be had for good where the file is %s', async (name) => {
    await expect(trustedRoots({ caFile: file(name) })).rejects.toMatchObject({
      code: 'ca-unreadable',
      temporary: false,
    });
  });

  it('cannot be had for good where the folder is not there, or a file', async () => {
    for (const name of ['gone', 'ca.pem'])
      await expect(trustedRoots({ caPath: file(name) })).rejects.toMatchObject({
        code: 'ca-unreadable',
        temporary: false,
      });
  });

  it('may be had later where the disk fails', async () => {
    for (const places of [{ caFile: '/proc/self/mem' }, { caPath: file('roots') }])
      await expect(trustedRoots(places)).rejects.toMatchObject({ code: 'ca-unreadable', temporary: true });
  });

  it('are no matter of a path that is no text', async () => {
    await expect(trustedRoots({ caFile: 7 as never })).rejects.toThrow(TypeError);
  });
});
