import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';

let made: FolderSite;

beforeEach(async () => {
  made = await makeFolderSite();
  await made.lists.create({
    name: 'plans',
    owners: ['ann@example.org'],
    parameters: { default_user_options: { reception: 'not_me' } },
  });
});

afterEach(() => made.dispose());

const ssympa = (...args: readonly string[]) => runCli(['subscriber', ...args], { cwd: made.dir });
const listed = async () =>
  JSON.parse((await ssympa('list', 'plans', '--json')).stdout) as {
    address: string;
    reception: string;
    since: string;
  }[];

describe('ssympa subscriber add', () => {
  it('subscribes addresses in their canonical form, with the mode of the list', async () => {
    const result = await ssympa(
      'add',
      'plans',
      'Bob@EXAMPLE.org',
      'bob@example.org',
      'eve@example.org',
      '--json',
    );
    expect(JSON.parse(result.stdout)).toEqual({
      list: 'plans@example.org',
      added: ['bob@example.org', 'eve@example.org'],
      already: ['bob@example.org'],
    });
    expect((await listed()).map(({ address, reception }) => [address, reception])).toEqual([
      ['bob@example.org', 'not_me'],
      ['eve@example.org', 'not_me'],
    ]);
    expect((await listed())[0]!.since).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('takes the mode that is asked for', async () => {
    await ssympa('add', 'plans', 'bob@example.org', '--reception', 'nomail');
    expect((await listed())[0]).toMatchObject({ reception: 'nomail' });
  });

  it.each([
    [['plans', 'bob'], 65, 'is no address'],
    [['plans', 'bob@example.org', 'Eve <eve@example.org>'], 65, 'is no address'],
    [['plans', 'bob@example.org', '--reception', 'sometimes'], 64, 'expected one of mail'],
    [['nothing', 'bob@example.org'], 67, 'there is no list'],
  ])('answers %j with %i and subscribes nobody', async (args, code, message) => {
    expect(await ssympa('add', ...args)).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(await listed()).toEqual([]);
  });
});

describe('ssympa subscriber del', () => {
  it('unsubscribes, and ends with 67 when somebody was not subscribed', async () => {
    await ssympa('add', 'plans', 'bob@example.org', 'eve@example.org');
    expect(await ssympa('del', 'plans', 'BOB@example.org')).toMatchObject({ code: 0 });
    const result = await ssympa('del', 'plans', 'eve@example.org', 'joe@example.org', '--json');
    expect(result).toMatchObject({ code: 67, stderr: expect.stringContaining('joe@example.org') });
    expect(JSON.parse(result.stdout)).toMatchObject({
      deleted: ['eve@example.org'],
      unknown: ['joe@example.org'],
    });
    expect(await listed()).toEqual([]);
  });
});

describe('ssympa subscriber import', () => {
  const text =
    '# people\r\nbob@example.org\r\nEve <eve@example.org>\r\njoe@example.org Joe Doe\r\n\r\nBOB@example.org\r\n';

  it('subscribes the addresses of a file, or of standard input', async () => {
    made.write('people', text);
    expect(await ssympa('import', 'plans', 'people')).toMatchObject({
      code: 0,
      stdout: '3 subscribed to plans@example.org\n',
    });
    const again = await runCli(['subscriber', 'import', 'plans', '-'], { cwd: made.dir, stdin: text });
    expect(again.stdout).toBe('0 subscribed to plans@example.org\n3 subscribed before\n');
    expect(await made.store.subscribers.find('plans@example.org', 'joe@example.org')).toMatchObject({
      gecos: 'Joe Doe',
    });
    expect(await made.store.subscribers.find('plans@example.org', 'eve@example.org')).toMatchObject({
      gecos: 'Eve',
    });
  });

  it('subscribes nobody when a line is wrong, and names the lines', async () => {
    made.write('people', 'bob@example.org\nnobody\n\n<>\n');
    expect(await ssympa('import', 'plans', 'people')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('2, 4'),
    });
    expect(await listed()).toEqual([]);
  });

  it('ends with 66 when there is no such file', async () => {
    expect(await ssympa('import', 'plans', 'nothing')).toMatchObject({ code: 66 });
  });
});

describe('ssympa subscriber … --notify', () => {
  const told = async () =>
    (await made.store.jobs.list()).map(({ payload }) => {
      const { template, to } = payload as { template: string; to: unknown };
      return [template, to];
    });

  it('welcomes those who are new and says goodbye to those who were there; without it nobody is told', async () => {
    await ssympa('add', 'plans', 'bob@example.org');
    await ssympa('del', 'plans', 'bob@example.org');
    expect(await told()).toEqual([]);
    made.write('people', 'eve@example.org\n');
    await ssympa('add', 'plans', 'bob@example.org', '--notify');
    await ssympa('add', 'plans', 'bob@example.org', '--notify');
    await ssympa('import', 'plans', 'people', '--notify');
    await ssympa('del', 'plans', 'bob@example.org', '--notify');
    expect(await told()).toEqual([
      ['welcome', ['bob@example.org']],
      ['welcome', ['eve@example.org']],
      ['removed', ['bob@example.org']],
    ]);
  });

  it('subscribes nobody where the list would have more subscribers than it may', async () => {
    await made.lists.setParameter(await made.lists.get('plans'), 'max_list_members', '1');
    expect(await ssympa('add', 'plans', 'bob@example.org', 'eve@example.org')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('max_list_members'),
    });
    expect(await listed()).toEqual([]);
  });
});
