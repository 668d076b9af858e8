import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite, type Robot } from '../config/site.ts';
import type { List } from './list.ts';
import { ScenarioFiles } from './scenario-files.ts';

let made: FolderSite;
let list: List;
let files: ScenarioFiles;

beforeEach(async () => {
  made = await makeFolderSite();
  list = await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
  files = new ScenarioFiles(made.site);
});

afterEach(() => made.dispose());

const rule = (action: string) => `true() smtp,md5,smime -> ${action}\n`;

async function lineOf(name: string): Promise<string> {
  const loaded = await files.load('send', name, list);
  return loaded.status === 'loaded' ? loaded.scenario.rules.map(({ text }) => text).join('; ') : loaded.code;
}

describe('ScenarioFiles', () => {
  it('looks into the list, its domain, the site, and what is shipped, in this order', async () => {
    expect((await files.load('send', 'private', list)).file).toBe(
      `${made.site.defaultsDir}/scenari/send.private`,
    );
    for (const folder of ['etc', 'etc/example.org', 'expl/plans']) {
      made.write(`${folder}/scenari/send.private`, rule('reject'));
      expect((await files.load('send', 'private', list)).file).toBe(
        `${made.dir}/${folder}/scenari/send.private`,
      );
    }
    expect((await files.load('send', 'private', made.site.robots[1]!)).file).toBe(
      `${made.dir}/etc/scenari/send.private`,
    );
  });

  it('reads a file again when it changed', async () => {
    made.write('etc/scenari/send.ours', rule('reject'));
    expect(await lineOf('ours')).toContain('reject');
    made.write('etc/scenari/send.ours', rule('do_it'));
    expect(await lineOf('ours')).toContain('do_it');
  });

  it('keeps what did not change', async () => {
    const [first, second] = [
      await files.load('send', 'private', list),
      await files.load('send', 'private', list),
    ];
    expect(second).toBe(first);
  });

  it('splices includes, and reads again when one of them changed', async () => {
    made.write('etc/scenari/send.ours', `include friends\n${rule('reject')}`);
    made.write('etc/scenari/include.friends', "equal([sender],'a@b.org') smtp -> do_it\n");
    expect(await lineOf('ours')).toMatch(/; equal.*do_it; true.*reject$/);
    made.write('expl/plans/scenari/include.friends', "equal([sender],'c@d.org') smtp -> do_it\n");
    expect(await lineOf('ours')).toContain('c@d.org');
  });

  it('asks the blocklist first for the functions that use_blocklist names', async () => {
    const asks = async (functionName: string, where: List | Robot) => {
      const loaded = await files.load(functionName, 'private', where);
      return loaded.status === 'loaded' && loaded.scenario.rules[0]!.text.includes('blocklist.txt');
    };
    made.write('etc/scenari/review.private', rule('reject'));
    expect([await asks('send', list), await asks('review', list)]).toEqual([true, false]);
    made.write('etc/other.example/robot.conf', 'use_blocklist review\n');
    const site = await loadSite(made.site.file);
    files = new ScenarioFiles(site);
    const other = site.robots[1]!;
    expect([await asks('send', other), await asks('review', other)]).toEqual([false, true]);
    expect([await asks('send', list), await asks('review', list)]).toEqual([true, false]);
  });

  it('says what is missing and what is faulty', async () => {
    expect(await files.load('send', 'nothing', list)).toMatchObject({
      status: 'missing',
      code: 'scenario-not-found',
    });
    made.write('etc/scenari/send.ours', 'true() smtp => do_it\n');
    const loaded = await files.load('send', 'ours', list);
    expect(loaded).toMatchObject({ status: 'faulty', code: 'not-compiled', error: { place: { line: 1 } } });
  });

  it.each([
    '../private',
    'a/b',
    '',
    '.',
    'private\0',
    'x'.repeat(300),
  ])('looks for no file of the name %j', async (name) => {
    expect(await files.findScenarioFile(list, 'send', name)).toBeUndefined();
  });
});
