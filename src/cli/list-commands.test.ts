import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';

let made: FolderSite;

beforeEach(async () => {
  made = await makeFolderSite();
  await made.lists.create({ name: 'plans', owners: ['ann@example.org'], subject: 'Our plans' });
});

afterEach(() => made.dispose());

const ssympa = (...args: readonly string[]) => runCli(args, { cwd: made.dir });

describe('ssympa list create', () => {
  it('makes a list in the domain that is named', async () => {
    const result = await ssympa(
      'list',
      'create',
      'news@other.example',
      '--owner',
      'Eve@other.example',
      '--set',
      'send=public',
      '--json',
    );
    expect(JSON.parse(result.stdout)).toEqual({
      address: 'news@other.example',
      directory: `${made.dir}/expl/other.example/news`,
      status: 'open',
    });
    expect(await made.lists.get('news@other.example')).toMatchObject({
      owners: ['eve@other.example'],
      config: { send: 'public' },
    });
  });

  it.each([
    [['plans'], 65, 'is there already'],
    [['Plans'], 65, 'cannot be the name'],
    [['plans-owner'], 65, 'belongs to'],
    [['news@nowhere.example'], 67, 'serves no domain'],
    [['news', '--set', 'sned=x'], 78, 'unknown parameter sned'],
    [['news', '--set', 'sned'], 64, 'NAME=VALUE'],
  ])('answers %j with %i', async (args, code, message) => {
    const result = await ssympa('list', 'create', ...args, '--owner', 'a@b.org');
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('ssympa list show', () => {
  it('shows one list, or all', async () => {
    await made.store.subscribers.add({ list: 'plans@example.org', address: 'bob@example.org' });
    const [one] = JSON.parse((await ssympa('list', 'show', '--json')).stdout);
    expect(one).toMatchObject({
      address: 'plans@example.org',
      status: 'open',
      subscribers: 1,
      owners: ['ann@example.org'],
    });
    expect((await ssympa('list', 'show', 'plans')).stdout).toContain('Our plans');
  });

  it('shows what is wrong with a faulty list', async () => {
    made.write('expl/plans/config', 'sned private\n');
    const shown = JSON.parse((await ssympa('list', 'show', 'plans', '--json')).stdout);
    expect(shown).toMatchObject({
      status: 'error_config',
      error: expect.stringContaining('config:1: unknown parameter sned'),
    });
  });

  it('ends with 67 for a list that is not there', async () => {
    expect(await ssympa('list', 'show', 'nothing')).toMatchObject({ code: 67, stdout: '' });
  });
});

describe('ssympa list config', () => {
  it('prints the value that holds, and sets another', async () => {
    expect((await ssympa('list', 'config', 'plans', 'send')).stdout).toBe('private\n');
    expect(await ssympa('list', 'config', 'plans', 'send', 'private_smime')).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect((await ssympa('list', 'config', 'plans', 'send')).stdout).toBe('private_smime\n');
    expect(await ssympa('list', 'config', 'plans', 'send', '--unset')).toMatchObject({ code: 0 });
    expect((await ssympa('list', 'config', 'plans', 'send')).stdout).toBe('private\n');
    expect((await ssympa('list', 'config', 'plans', 'seal_downgrade')).stdout).toBe('off\n');
    expect((await ssympa('list', 'config', 'plans', 'archive.web_access')).stdout).toBe('closed\n');
    expect(JSON.parse((await ssympa('list', 'config', 'plans', 'max_size', '--json')).stdout)).toBe(
      5_242_880,
    );
  });

  it('prints the file', async () => {
    expect((await ssympa('list', 'config', 'plans')).stdout).toContain('subject Our plans\n\nstatus open\n');
  });

  it.each([
    [['sned'], 'unknown parameter sned'],
    [['archive.web_acess'], 'unknown parameter'],
    [['send', '../x'], 'expected a name of letters'],
    [['owner.email', 'x@y.org'], 'no single value'],
  ])('answers %j with 78', async (args, message) => {
    expect(await ssympa('list', 'config', 'plans', ...args)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining(message),
    });
  });

  it('shows no password of a data source', async () => {
    made.write(
      'expl/plans/config',
      'owner\nemail a@b.org\n\ninclude_sql_query\ndb_type pg\ndb_name x\nsql_query select 1\ndb_passwd hunter2\n',
    );
    for (const args of [['--json'], ['include_sql_query'], ['include_sql_query', '--json']])
      expect((await ssympa('list', 'config', 'plans', ...args)).stdout).not.toContain('hunter2');
  });
});

describe('ssympa list close', () => {
  it('closes a list', async () => {
    expect(JSON.parse((await ssympa('list', 'close', 'plans', '--json')).stdout)).toEqual({
      address: 'plans@example.org',
      status: 'closed',
    });
    expect((await made.lists.get('plans')).status).toBe('closed');
  });
});

describe('ssympa list open', () => {
  it('opens a list that is closed, and tells its owners with --notify only', async () => {
    await ssympa('list', 'close', 'plans');
    expect(JSON.parse((await ssympa('list', 'open', 'plans', '--json')).stdout)).toEqual({
      address: 'plans@example.org',
      status: 'open',
    });
    expect((await made.lists.get('plans')).status).toBe('open');
    expect(await made.store.jobs.list()).toEqual([]);
    await ssympa('list', 'close', 'plans', '--notify');
    expect(await made.store.jobs.list()).toMatchObject([
      {
        kind: 'service-mail',
        payload: { template: 'list-status-owner', variables: { status: 'closed', by: null } },
      },
    ]);
  });

  it('ends with 67 for a list that is not there', async () => {
    expect(await ssympa('list', 'open', 'nothing')).toMatchObject({ code: 67, stdout: '' });
  });
});
