import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import type { List } from './list.ts';
import { ScenarioFiles } from './scenario-files.ts';
import { scenarioChoices } from './scenario-menu.ts';

let made: FolderSite;
let list: List;
let files: ScenarioFiles;

beforeEach(async () => {
  made = await makeFolderSite();
  list = await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
  files = new ScenarioFiles(made.site);
});

afterEach(() => made.dispose());

const rule = 'true() smtp,md5,smime -> do_it\n';

async function namesFor(where = list as Parameters<typeof scenarioChoices>[3]): Promise<readonly string[]> {
  return (await scenarioChoices(made.site, files, 'invite', where, ['en'])).map(({ name }) => name);
}

describe('scenarioChoices', () => {
  it('gives the shipped scenarios of the function, with titles for the reader', async () => {
    const choices = await scenarioChoices(made.site, files, 'invite', list, ['fr']);
    expect(choices.map(({ name }) => name)).toEqual(['closed', 'owner', 'private', 'public']);
    expect(new Set(choices.map(({ title }) => title)).size).toBe(4);
    expect(choices).not.toEqual(await scenarioChoices(made.site, files, 'invite', list, ['en']));
  });

  it('adds those of the site, the domain and the list, each once', async () => {
    made.write('etc/scenari/invite.site', `title of the site\n${rule}`);
    made.write('etc/example.org/scenari/invite.domain', rule);
    made.write('expl/plans/scenari/invite.list', rule);
    made.write('expl/plans/scenari/invite.private', rule);
    expect(await namesFor()).toEqual(['closed', 'domain', 'list', 'owner', 'private', 'public', 'site']);
    expect(await namesFor(made.site.robots[1]!)).toEqual(['closed', 'owner', 'private', 'public', 'site']);
    const choices = await scenarioChoices(made.site, files, 'invite', list, ['en']);
    expect(choices.find(({ name }) => name === 'site')?.title).toBe('of the site');
  });

  it('leaves out what a file :ignore hides in its folder or a farther one, and what is faulty', async () => {
    made.write('etc/scenari/invite.public:ignore', '');
    made.write('etc/scenari/invite.closed:ignore', '');
    made.write('etc/scenari/invite.faulty', 'true() => do_it\n');
    made.write('expl/plans/scenari/invite.closed', rule);
    expect(await namesFor()).toEqual(['closed', 'owner', 'private']);
    expect(await namesFor(made.site.robots[0]!)).toEqual(['owner', 'private']);
  });

  it('takes nothing from a scenario that is hidden: where a parameter names it, it decides', async () => {
    made.write('etc/scenari/invite.public:ignore', '');
    expect(await files.load('invite', 'public', list)).toMatchObject({ status: 'loaded' });
  });
});
