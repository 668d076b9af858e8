import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { isEditor, isListmaster, isOwner, isSubscriber } from './roles.ts';

let made: FolderSite;

beforeAll(async () => {
  made = await makeFolderSite();
  made.write('expl/plans/config', 'owner\nemail ann@example.org\n\neditor\nemail eve@example.org\n');
  made.write('expl/open/config', 'owner\nemail ann@example.org\n');
  await made.store.subscribers.add({ list: 'plans@example.org', address: 'bob@example.org' });
});

afterAll(() => made.dispose());

describe('the roles', () => {
  it('are asked for by name or address of the list, case of the person not minded', async () => {
    const { lists, store, site } = made;
    const [robot, other] = [site.robots[0]!, site.robots[1]!];
    expect(await isOwner(lists, robot, 'plans', 'ANN@Example.org')).toBe(true);
    expect(await isOwner(lists, other, 'plans@example.org', 'ann@example.org')).toBe(true);
    expect(await isOwner(lists, other, 'plans', 'ann@example.org')).toBe(false);
    expect(await isSubscriber(lists, store, robot, 'plans', 'Bob@EXAMPLE.org')).toBe(true);
    expect(await isSubscriber(lists, store, robot, 'plans', 'ann@example.org')).toBe(false);
    expect(await isSubscriber(lists, store, robot, 'nothing', 'bob@example.org')).toBe(false);
  });

  it('make owners the editors of a list that has none', async () => {
    const robot = made.site.robots[0]!;
    expect(await isEditor(made.lists, robot, 'plans', 'eve@example.org')).toBe(true);
    expect(await isEditor(made.lists, robot, 'plans', 'ann@example.org')).toBe(false);
    expect(await isEditor(made.lists, robot, 'open', 'ann@example.org')).toBe(true);
  });

  it('know the listmasters of each domain', () => {
    const [robot, other] = [made.site.robots[0]!, made.site.robots[1]!];
    expect(isListmaster(robot, 'Root@example.org')).toBe(true);
    expect(isListmaster(other, 'chief@other.example')).toBe(true);
    expect(isListmaster(other, 'root@example.org')).toBe(true);
    expect(isListmaster(robot, 'chief@other.example')).toBe(false);
    expect(isListmaster(robot, 'nobody')).toBe(false);
  });
});
