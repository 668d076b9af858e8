import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTaskSite, type TaskSite } from '../../kit/task-site.ts';

const hourMs = 3_600_000;
const [ann, bob, dora] = ['ann@example.net', 'bob@example.net', 'dora@example.net'];

let made: TaskSite;
let staff: string;
let other: string;

const config = (name: string, ...lines: readonly string[]) =>
  made.quiet.write(`expl/${name}/config`, `owner\nemail owner@example.org\n\n${lines.join('\n')}\n`);
const fill = (file: string, ...addresses: readonly string[]) => writeFileSync(file, addresses.join('\n'));
const members = async (list: string) =>
  (await made.quiet.store.subscribers.list(list)).map(({ address }) => address);
const owners = async (list: string) => (await made.quiet.lists.get(list)).owners;
/** Goes an hour on and lets the tasks run. */
const hour = async () => {
  made.clock.at += hourMs;
  await made.node().runOnce();
};
const told = async () =>
  (await made.mails())
    .filter(({ template }) => template.startsWith('data-source'))
    .map((mail) => JSON.stringify(mail));

beforeEach(async () => {
  made = await makeTaskSite(['expire_bounce_task none', 'purge_tables_task none']);
  staff = join(made.quiet.site.explDir, 'staff.txt');
  other = join(made.quiet.site.explDir, 'other.txt');
});
afterEach(() => made.quiet.dispose());

describe('story 33: a source that takes the place of another', () => {
  let list: string;
  beforeEach(async () => {
    list = await made.list('crew');
    config('crew', `include_file ${staff}`);
    fill(staff, ann, bob);
    await made.node().runOnce();
  });

  it('takes nobody out before it was read once: in its quiet hours', async () => {
    await made.list('all', [bob]);
    config('crew', 'include_sympa_list', 'listname all', 'nosync_time_ranges 0:00-24:00');
    await hour();
    expect(await members(list)).toEqual([ann, bob]);
    config('crew', 'include_sympa_list', 'listname all');
    await hour();
    expect(await members(list)).toEqual([bob]);
    config(
      'crew',
      'include_sympa_list',
      'listname all',
      'nosync_time_ranges 0:00-24:00',
      '',
      `include_file ${other}`,
    );
    fill(other, dora);
    await hour();
    expect(await members(list)).toEqual([bob, dora]);
    config('crew', 'include_sympa_list', 'listname all', 'nosync_time_ranges 0:00-24:00');
    await hour();
    expect(await members(list)).toEqual([bob]);
  });

  it('takes nobody out while it names nobody', async () => {
    config('crew', `include_file ${other}`);
    fill(other);
    for (let i = 0; i < 2; i++) await hour();
    expect(await members(list)).toEqual([ann, bob]);
    expect(await told()).toEqual([expect.stringContaining('source-empty')]);
    fill(other, dora);
    await hour();
    expect(await members(list)).toEqual([dora]);
  });

  it('takes nobody out either where it is a list that nobody is on', async () => {
    const all = await made.list('all');
    config('crew', 'include_sympa_list', 'listname all');
    await hour();
    expect(await members(list)).toEqual([ann, bob]);
    await made.quiet.store.subscribers.add({ list: all, address: dora });
    await hour();
    expect(await members(list)).toEqual([dora]);
    await made.quiet.store.subscribers.remove(all, dora);
    await hour();
    expect(await members(list)).toEqual([]);
  });

  it('is asked for nothing where both are taken out of the config', async () => {
    config('crew', `include_file ${other}`);
    fill(other);
    await hour();
    config('crew');
    await hour();
    expect(await members(list)).toEqual([]);
  });

  it('is not taken for broken where it is the first that the list has', async () => {
    const first = await made.list('first');
    config('first', `include_file ${other}`);
    fill(other);
    await hour();
    expect(await told()).toEqual([]);
    expect(await members(first)).toEqual([]);
  });
});

describe('story 33: owners from another list', () => {
  it('stay when nobody is on it any more, and the listmasters hear of it', async () => {
    made.quiet.write('etc/data_sources/heads.incl', 'include_sympa_list\nlistname heads\n');
    const heads = await made.list('heads', [ann]);
    const list = await made.list('crew');
    config('crew', 'owner_include', 'source heads');
    await made.node().runOnce();
    expect(await owners(list)).toContain(ann);
    await made.quiet.store.subscribers.remove(heads, ann);
    await hour();
    expect(await owners(list)).toContain(ann);
    expect(await told()).toEqual([expect.stringContaining('source-empty')]);
  });
});

describe('story 33: another list whose config is faulty', () => {
  const broken = 'nonsense 1';

  it('names no owners or editors that count: nobody is taken out by it', async () => {
    await made.list('bosses');
    await made.list('all', [ann, 'owner@example.org']);
    const list = await made.list('crew');
    config(
      'crew',
      'include_sympa_list',
      'listname all',
      "filter isOwnerOf('bosses') OR isEditorOf('bosses')",
    );
    await made.node().runOnce();
    expect(await members(list)).toEqual(['owner@example.org']);
    config('bosses', broken);
    await hour();
    expect(await members(list)).toEqual(['owner@example.org']);
    expect(await told()).toEqual([expect.stringContaining('source-unusable-list')]);
  });

  it('still has its subscribers for a filter', async () => {
    await made.list('bosses', [ann]);
    await made.list('all', [ann, bob]);
    const list = await made.list('crew');
    config('bosses', broken);
    config('crew', 'include_sympa_list', 'listname all', "filter isSubscriberOf('bosses')");
    await made.node().runOnce();
    expect(await members(list)).toEqual([ann]);
  });

  it('takes nobody from lists that include each other', async () => {
    const [a, b, c] = [await made.list('a'), await made.list('b'), await made.list('c')];
    const includes = (name: string, ...lists: readonly string[]) =>
      config(name, ...lists.flatMap((of) => ['include_sympa_list', `listname ${of}`, '']));
    includes('a', 'b');
    includes('b', 'a', 'c');
    made.quiet.write('expl/c/config', `owner\nemail owner@example.org\n\ninclude_sympa_list\nlistname d\n`);
    await made.list('d', [dora]);
    for (let i = 0; i < 4; i++) await hour();
    for (const list of [a, b, c]) expect(await members(list)).toEqual([dora]);
    await told();
    config('c', broken);
    for (let i = 0; i < 3; i++) await hour();
    for (const list of [a, b, c]) expect(await members(list)).toEqual([dora]);
    expect((await told()).join('\n')).toContain('source-unusable-list');
  });
});
