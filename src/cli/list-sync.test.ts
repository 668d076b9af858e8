import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';

let made: FolderSite;
const ssympa = (...args: readonly string[]) => runCli(args, { cwd: made.dir });
const config = (...lines: readonly string[]) =>
  made.write('expl/plans/config', ['owner', 'email ann@example.org', '', ...lines, ''].join('\n'));

beforeEach(async () => {
  made = await makeFolderSite();
  await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
  made.write('staff.txt', 'bob@example.net\neve@example.net\n');
  config('include_file staff.txt');
  await made.store.subscribers.add({ list: 'plans@example.org', address: 'eve@example.net' });
});
afterEach(() => made.dispose());

describe('ssympa list sync', () => {
  it('reads the data sources now, and shows who comes from where', async () => {
    const synced = await ssympa('list', 'sync', 'plans', '--json');
    expect(synced).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(synced.stdout)).toMatchObject({
      list: 'plans@example.org',
      added: 1,
      removed: 0,
      sources: [{ name: 'include_file staff.txt', role: 'member', status: 'read', people: 2 }],
    });
    const listed = await ssympa('subscriber', 'list', 'plans', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { address: 'bob@example.net', subscribed: false, included: true },
      { address: 'eve@example.net', subscribed: true, included: true },
    ]);
    expect((await ssympa('doctor')).stdout).toContain('data sources: 1 source, read in full the last time');
  });

  it('says what cannot be read, in the doctor too, and takes nobody out', async () => {
    await ssympa('list', 'sync', 'plans');
    rmSync(join(made.dir, 'staff.txt'));
    const failed = await ssympa('list', 'sync', 'plans');
    expect(failed.code).toBe(69);
    expect(failed.stdout).toMatch(/include_file staff\.txt +member +failed +2 +source-missing: /);
    expect(await made.store.subscribers.count('plans@example.org')).toBe(2);
    const doctor = await ssympa('doctor');
    expect(doctor.stdout).toContain(
      'warn  data sources: plans@example.org: include_file staff.txt cannot be read',
    );
  });

  it('is what the doctor names for a source that was never read, and not for a list that is not open', async () => {
    const state = {
      list: 'plans@example.org',
      role: 'member',
      source: 'file:1',
      name: 'include_file slow',
    } as const;
    const never = {
      people: 0,
      triedAt: 1,
      readAt: null,
      failedAt: null,
      code: null,
      reason: null,
      toldAt: null,
    };
    await made.store.dataSources.put({ ...state, ...never });
    expect((await ssympa('doctor')).stdout).toContain('include_file slow was never read in full');
    await made.store.dataSources.put({
      ...state,
      ...never,
      failedAt: 1,
      code: 'source-missing',
      reason: 'gone',
    });
    expect((await ssympa('doctor')).stdout).toContain('include_file slow cannot be read since');
    config('status closed');
    expect((await ssympa('doctor')).stdout).not.toContain('include_file slow');
  });

  it('does not take a list whose config is faulty, or that is closed', async () => {
    await ssympa('list', 'sync', 'plans');
    config('nonsense 1');
    expect((await ssympa('list', 'sync', 'plans')).stderr).toContain('error_config');
    config('status closed');
    expect((await ssympa('list', 'sync', 'plans')).code).not.toBe(0);
    expect(await made.store.subscribers.count('plans@example.org')).toBe(2);
  });

  it('waits for no other process', async () => {
    await made.store.locks.acquire('sync plans@example.org', 'another', 60_000);
    expect((await ssympa('list', 'sync', 'plans')).code).toBe(75);
  });
});
