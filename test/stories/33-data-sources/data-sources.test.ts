import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actOfOperator } from '../../kit/operator-act.ts';
import { makeTaskSite, type TaskSite } from '../../kit/task-site.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const [ann, bob, eve] = ['ann@example.net', 'bob@example.net', 'eve@example.net'];
const root = 'root@example.org';

let made: TaskSite;
let list: string;
let source: string;

const members = async () =>
  (await made.quiet.store.subscribers.list(list)).map(({ address, subscribed, included }) => [
    address,
    `${subscribed === 1 ? 'subscribed' : ''}${included === 1 ? 'included' : ''}`,
  ]);
const name = (...addresses: readonly string[]) => writeFileSync(source, `${addresses.join('\n')}\n`);
/** Goes an hour on and lets the task of the list run. */
const hour = async () => {
  made.clock.at += hourMs;
  await made.node().runOnce();
};
const told = async () => (await made.mails()).filter(({ template }) => template.startsWith('data-source'));

async function listWith(...lines: readonly string[]): Promise<void> {
  list = await made.list('crew');
  made.quiet.write('expl/crew/config', `owner\nemail owner@example.org\n\n${lines.join('\n')}\n`);
}

beforeEach(async () => {
  made = await makeTaskSite(['expire_bounce_task none', 'purge_tables_task none']);
  source = join(made.quiet.site.explDir, 'staff.txt');
});
afterEach(() => made.quiet.dispose());

describe('story 33: a list whose subscribers come from a file', () => {
  beforeEach(async () => {
    await listWith(`include_file ${source}`);
    name(ann, `${bob} Bob the Builder`);
    await made.node().runOnce();
  });

  it('has those whom the file names, and no mail is sent to them', async () => {
    expect(await members()).toEqual([
      [ann, 'included'],
      [bob, 'included'],
    ]);
    expect((await made.quiet.store.subscribers.find(list, bob))?.gecos).toBe('Bob the Builder');
    expect(await made.mails()).toEqual([]);
  });

  it('loses those whom it names no more, and gets those who are new', async () => {
    name(ann, eve);
    await hour();
    expect(await members()).toEqual([
      [ann, 'included'],
      [eve, 'included'],
    ]);
  });

  it('keeps one who subscribed as well', async () => {
    expect(await actOfOperator(made, 'add', list, bob)).toBe('added');
    expect(await members()).toContainEqual([bob, 'subscribedincluded']);
    expect(await actOfOperator(made, 'add', list, bob)).toBe('already-subscribed');
    name(ann);
    await hour();
    expect(await members()).toEqual([
      [ann, 'included'],
      [bob, 'subscribed'],
    ]);
  });

  it('does not take in again who was deleted, until somebody adds that person', async () => {
    expect(await actOfOperator(made, 'del', list, bob)).toBe('deleted');
    await hour();
    expect(await members()).toEqual([[ann, 'included']]);
    expect(await actOfOperator(made, 'add', list, bob)).toBe('added');
    await hour();
    expect(await members()).toContainEqual([bob, 'subscribedincluded']);
  });

  it('lets go of one who left while it was read, once it is read again', async () => {
    const { store } = made.quiet;
    const [row] = (await store.inclusions.ofRole('member', list)).filter(({ address }) => address === bob);
    expect(await actOfOperator(made, 'del', list, bob)).toBe('deleted');
    await store.inclusions.put([row!]);
    const { reception, visibility } = (await store.subscribers.find(list, ann))!;
    await store.subscribers.include({ list, people: new Map([[bob, null]]), reception, visibility });
    await hour();
    expect(await members()).toEqual([[ann, 'included']]);
    expect(await store.inclusions.ofRole('member', list)).toHaveLength(1);
  });

  it('keeps everybody while the file is away, and the listmaster is told once a day', async () => {
    rmSync(source);
    await hour();
    await hour();
    expect(await members()).toHaveLength(2);
    expect(await told()).toMatchObject([{ to: [root], variables: { about: list } }]);
    made.clock.at += dayMs;
    await made.node().runOnce();
    expect(await told()).toHaveLength(1);
    name(ann);
    await hour();
    expect(await members()).toEqual([[ann, 'included']]);
    rmSync(source);
    await hour();
    expect(await told()).toEqual([]);
    name(ann);
    await hour();
    made.clock.at += dayMs;
    rmSync(source);
    await hour();
    expect(await told()).toHaveLength(1);
  });

  it('keeps everybody while the file is empty', async () => {
    writeFileSync(source, '');
    await hour();
    expect(await members()).toHaveLength(2);
    expect(await told()).toMatchObject([
      { variables: { sources: [expect.stringContaining('source-empty')] } },
    ]);
  });

  it('adds whom a file with a faulty line names, and takes nobody out by it', async () => {
    name('ann(at)example.net', eve);
    await hour();
    expect((await members()).map(([address]) => address)).toEqual([ann, bob, eve]);
    const [mail] = await told();
    expect(JSON.stringify(mail)).toContain('source-faulty');
    expect(JSON.stringify(mail)).not.toContain('ann(at)');
  });

  it('loses all of them when its config names no source any more, and the task ends', async () => {
    made.quiet.write('expl/crew/config', 'owner\nemail owner@example.org\n');
    await hour();
    expect(await members()).toEqual([]);
    await made.node().runOnce();
    expect(await made.quiet.store.tasks.find('sync_include', list)).toBeUndefined();
  });

  it('loses nobody when another source is named in place of it that cannot be read', async () => {
    made.quiet.write('expl/crew/config', `owner\nemail owner@example.org\n\ninclude_file ${source}x\n`);
    await hour();
    expect(await members()).toHaveLength(2);
  });

  it('is left alone while its config is faulty', async () => {
    made.quiet.write('expl/crew/config', 'owner\nemail owner@example.org\n\nnonsense 1\n');
    await hour();
    expect(await members()).toHaveLength(2);
  });

  it('is read by one of two nodes', async () => {
    name(ann, bob, eve);
    made.clock.at += hourMs;
    await Promise.all([made.node('node a').runOnce(), made.node('node b').runOnce()]);
    expect(await members()).toHaveLength(3);
    expect(made.log.lines.filter((line) => line.includes('"data sources read"'))).toHaveLength(2);
  });
});

describe('story 33: a list with two sources', () => {
  it('reads one while the other does not answer, and keeps who is in either', async () => {
    const file = join(made.quiet.site.etcDir, 'people.db');
    made.quiet.write('etc/README', 'Files of the site.\n');
    const database = new DatabaseSync(file);
    database.exec("create table p (mail text, name text); insert into p values ('ann@example.net', 'Ann')");
    const query = `include_sql_query\ndb_type SQLite\ndb_name ${file}\nsql_query select mail, name from p`;
    await listWith(`include_file ${source}`, '', query);
    name(ann, bob);
    await made.node().runOnce();
    expect(await members()).toHaveLength(2);
    name(bob);
    await hour();
    expect(await members()).toHaveLength(2);
    database.exec('drop table p');
    database.close();
    name(eve);
    await hour();
    expect(await members()).toEqual([
      [ann, 'included'],
      [eve, 'included'],
    ]);
    const mails = JSON.stringify(await told());
    expect(mails).toContain('source-database');
    expect(mails).not.toContain('source-missing');
  });
});

describe('story 33: owners and editors from a source', () => {
  beforeEach(async () => {
    made.quiet.write('etc/data_sources/staff.incl', 'include_file [% param.0 %]\n');
    await listWith(
      'owner_include',
      `source staff\nsource_parameters ${source}`,
      'profile privileged',
      '',
      'editor_include',
      `source staff\nsource_parameters ${source}`,
      'reception nomail',
    );
    name(ann, 'owner@example.org');
    await made.node().runOnce();
  });

  it('have those roles, and are no subscribers', async () => {
    const found = await made.quiet.lists.get(list);
    expect(found.owners).toEqual(['owner@example.org', ann]);
    expect(found.editors).toEqual([ann, 'owner@example.org']);
    expect(found.config.owner.map(({ profile }) => profile)).toEqual(['normal', 'privileged']);
    const [all] = await made.quiet.lists.all();
    expect(all?.owners).toEqual(found.owners);
    expect(await members()).toEqual([]);
  });

  it('keep them while the source is away, and lose them when it names them no more', async () => {
    rmSync(source);
    await hour();
    expect((await made.quiet.lists.get(list)).owners).toContain(ann);
    name(bob);
    await hour();
    expect((await made.quiet.lists.get(list)).owners).toEqual(['owner@example.org', bob]);
  });
});

describe('story 33: lists that include each other', () => {
  it('share their subscribers, and nobody stays who is on none of them by other means', async () => {
    await listWith(`include_file ${source}`, '', 'include_sympa_list', 'listname other');
    const other = await made.list('other', [eve]);
    made.quiet.write(
      'expl/other/config',
      'owner\nemail owner@example.org\n\ninclude_sympa_list\nlistname crew\n',
    );
    const addresses = async (of: string) =>
      (await made.quiet.store.subscribers.list(of)).map(({ address }) => address);
    name(ann, bob);
    for (let i = 0; i < 3; i++) await hour();
    expect(await addresses(list)).toEqual([ann, bob, eve]);
    expect(await addresses(other)).toEqual([ann, bob, eve]);
    name(ann);
    for (let i = 0; i < 3; i++) await hour();
    expect(await addresses(list)).toEqual([ann, eve]);
    expect(await addresses(other)).toEqual([ann, eve]);
  });

  it('take only whom the filter lets through', async () => {
    await made.list('bosses', [bob]);
    await made.list('all', [ann, bob, eve]);
    const filter = "isSubscriberOf('bosses') OR email == 'eve@example.net'";
    await listWith('include_sympa_list', 'listname all', `filter ${filter}`);
    await made.node().runOnce();
    expect((await members()).map(([address]) => address)).toEqual([bob, eve]);
  });
});
