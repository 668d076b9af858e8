import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';

let made: FolderSite;

beforeEach(async () => {
  made = await makeFolderSite();
});

afterEach(() => made.dispose());

const config =
  'subject Plans\n\nowner\nemail Ann@Example.org\n\nowner\nemail bob@example.org\nreception nomail\n';

describe('Lists.create', () => {
  it('makes a folder that says who made the list and when, and gives the list', async () => {
    const owners = ['Ann@Example.ORG'];
    const list = await made.lists.create({
      name: 'plans',
      owners,
      subject: 'Our plans',
      nowMs: 1_700_000_000_500,
    });
    expect(list).toMatchObject({ address: 'plans@example.org', status: 'open', owners: ['ann@example.org'] });
    expect(list.config.creation).toMatchObject({ email: 'root@example.org', date_epoch: 1_700_000_000 });
    expect(readdirSync(list.directory).sort()).toEqual(['config', 'scenari']);
    expect(statSync(join(list.directory, 'config')).mode & 0o007).toBe(0);
  });

  it('makes one list when two ask for it at once', async () => {
    const ask = (owner: string) => made.lists.create({ name: 'plans', owners: [owner] });
    const results = await Promise.allSettled([ask('ann@example.org'), ask('bob@example.org')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'list-exists' },
    });
    expect((await made.lists.get('plans')).owners).toHaveLength(1);
  });

  it('finishes the half list that a crash left', async () => {
    mkdirSync(join(made.site.explDir, 'plans/scenari'), { recursive: true });
    expect(await made.lists.find('plans')).toBeUndefined();
    await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
    expect(await made.lists.find('plans')).toMatchObject({ status: 'open', owners: ['ann@example.org'] });
  });

  it('writes nothing that could not be read again', async () => {
    const wanted = { name: 'plans', owners: ['ann@example.org'] };
    await expect(made.lists.create({ ...wanted, subject: 'two\nlines' })).rejects.toMatchObject({
      code: 'bad-syntax',
    });
    await expect(made.lists.create({ ...wanted, parameters: { sned: 'x' } })).rejects.toMatchObject({
      code: 'unknown-parameter',
    });
    await expect(made.lists.create({ ...wanted, owners: ['ann'] })).rejects.toMatchObject({
      code: 'bad-address',
    });
    await expect(made.lists.create({ ...wanted, owners: [] })).rejects.toMatchObject({ code: 'bad-address' });
    await expect(made.lists.create({ ...wanted, name: '../plans' })).rejects.toMatchObject({
      code: 'bad-list-name',
    });
    await expect(made.lists.create({ ...wanted, name: 'other.example' })).rejects.toMatchObject({
      code: 'reserved-list-name',
    });
    expect(await made.lists.all()).toEqual([]);
  });
});

describe('Lists.find', () => {
  it('finds a list by name and by address, in the domain that is named', async () => {
    made.write('expl/plans/config', config);
    made.write('expl/other.example/plans/config', 'owner\nemail eve@other.example\n');
    made.write('expl/other.example/second/config', 'owner\nemail eve@other.example\n');
    expect((await made.lists.find('PLANS@Example.org'))?.address).toBe('plans@example.org');
    expect((await made.lists.find('plans@other.example'))?.owners).toEqual(['eve@other.example']);
    expect((await made.lists.find('plans'))?.address).toBe('plans@example.org');
    expect((await made.lists.find('second'))?.address).toBe('second@other.example');
    expect((await made.lists.all()).map(({ address }) => address)).toEqual([
      'plans@example.org',
      'plans@other.example',
      'second@other.example',
    ]);
  });

  it.each([
    '',
    '@',
    'plans@',
    '../plans',
    'plans/../plans',
    'plans\0',
    'x'.repeat(5_000),
    'plans@nowhere.example',
  ])('finds nothing for %j', async (name) => {
    made.write('expl/plans/config', config);
    expect(await made.lists.find(name)).toBeUndefined();
  });

  it('reads a config again when it changed, and only then', async () => {
    made.write('expl/plans/config', config);
    const first = await made.lists.find('plans');
    expect(await made.lists.find('plans')).toBe(first);
    made.write('expl/plans/config', config.replace('Plans', 'Dreams'));
    utimesSync(join(made.site.explDir, 'plans/config'), 1, 1);
    expect((await made.lists.find('plans'))?.config.subject).toBe('Dreams');
  });

  it('tells owners who take mail from those who only have the rights', async () => {
    made.write('expl/plans/config', config);
    const list = await made.lists.get('plans');
    expect(list.owners).toEqual(['ann@example.org', 'bob@example.org']);
    expect(list.receptiveOwners).toEqual(['ann@example.org']);
    expect(list.editors).toEqual(list.owners);
    expect(list.receptiveEditors).toEqual(['ann@example.org']);
  });

  it('finds a list whose config is faulty, with what is wrong, until it is mended', async () => {
    made.write('expl/plans/config', `${config}\nsned private\n`);
    const faulty = await made.lists.get('plans');
    expect(faulty).toMatchObject({
      status: 'error_config',
      owners: [],
      error: { code: 'unknown-parameter' },
    });
    made.write('expl/plans/config', config);
    expect(await made.lists.get('plans')).toMatchObject({ status: 'open' });
  });

  it('harms no other list by one that is faulty', async () => {
    made.write('expl/bad/config', 'x');
    made.write('expl/good/config', config);
    expect((await made.lists.all()).map(({ name, status }) => [name, status])).toEqual([
      ['bad', 'error_config'],
      ['good', 'open'],
    ]);
  });
});

describe('Lists.setParameter and close', () => {
  it('change one line of the file', async () => {
    made.write('expl/plans/config', `# ours\n${config}`);
    const list = await made.lists.close(await made.lists.get('plans'));
    expect(list.status).toBe('closed');
    expect(readFileSync(join(list.directory, 'config'), 'utf8')).toBe(`# ours\n${config}\nstatus closed\n`);
  });

  it('write nothing that could not be read again', async () => {
    made.write('expl/plans/config', config);
    const list = await made.lists.get('plans');
    await expect(made.lists.setParameter(list, 'smime_mode', 'no')).rejects.toMatchObject({
      code: 'bad-value',
    });
    expect(readFileSync(join(list.directory, 'config'), 'utf8')).toBe(config);
  });
});

describe('Lists.robotOf and listmasters', () => {
  it('know the domain of an address, the main one for any other', () => {
    expect(made.lists.robotOf('x@OTHER.example').domain).toBe('other.example');
    expect(made.lists.robotOf('x@nowhere.example').domain).toBe('example.org');
    expect(made.lists.listmasters(made.lists.robotOf('x@other.example'))).toEqual(['chief@other.example']);
  });
});
