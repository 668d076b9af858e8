import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { defaultsDir } from '../config/site.ts';
import { commandForm, helpReport } from './help.ts';
import { parseCommand } from './parse-command.ts';
import { mailCommandsReference } from './reference.ts';
import { commandOperations, meanings, ownCommands } from './words.ts';

type Texts = Readonly<Record<string, string>>;

const textsOf = (lang: string) =>
  (JSON.parse(readFileSync(join(defaultsDir, 'locales', `${lang}.json`), 'utf8')) as { commands: Texts })
    .commands;
const everyCommand = [...commandOperations, ...Object.keys(ownCommands)];

describe('HELP', () => {
  let made: QuietSite;
  beforeAll(async () => {
    made = await makeQuietSite({ now: () => Date.UTC(2026, 0, 5) });
    await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
    const config = ['send editorkey', 'owner\nemail ann@example.org', 'editor\nemail ed@example.org'];
    made.write('expl/board/config', `${config.join('\n\n')}\n`);
    await made.store.persons.note('marie@example.org', { lang: 'fr' });
  });
  afterAll(() => made.dispose());

  const help = async (sender: string) => {
    const robot = made.site.robots[0]!;
    const report = await helpReport(
      { sender, method: 'smtp', channel: 'mail', robot, messageId: '' },
      made.parts,
    );
    return report.answer!;
  };

  it('shows a stranger how each command for everybody is written and what it does', async () => {
    const answer = await help('stranger@example.org');
    expect(answer.slice(0, 2)).toEqual(['SUBSCRIBE LIST [NAME]', '    Join a list.']);
    expect(answer).toContain('SIGNOFF LIST [ADDRESS]');
    expect(answer).toContain('GET LIST YYYY-MM [NUMBER]');
    expect(answer).toContain('QUIT');
    expect(answer.join('\n')).not.toMatch(/DISTRIBUTE|REMIND|MODINDEX|^ADD/m);
    expect(answer.every((line) => line.trim() !== '')).toBe(true);
  });

  it.each([
    ['ann@example.org', ['ADD LIST ADDRESS [NAME]', 'REJECT LIST KEY'], ['DISTRIBUTE LIST KEY', 'REMIND *']],
    ['ed@example.org', ['DISTRIBUTE LIST KEY', 'REJECT LIST KEY'], ['ADD LIST ADDRESS [NAME]', 'REMIND *']],
  ])('shows %s what owners or editors have, and no more', async (sender, shown, hidden) => {
    const answer = await help(sender);
    expect(answer).toEqual(expect.arrayContaining(shown));
    for (const form of hidden) expect(answer).not.toContain(form);
  });

  it('speaks the language of whoever asks', async () => {
    expect(await help('marie@example.org')).toContain("    S'abonner à une liste.");
  });

  it('shows listmasters everything', async () => {
    const [listmaster] = made.site.robots[0]!.conf.listmaster;
    expect(await help(listmaster!)).toHaveLength(2 * everyCommand.length);
  });
});

describe('the page of commands by mail', () => {
  it.each(['en', 'fr'])('has a text for each command in %s, and none besides', (lang) => {
    expect(Object.keys(textsOf(lang)).sort()).toEqual([...everyCommand, 'default'].sort());
  });

  it('names every word that begins a command, and each command as HELP shows it', () => {
    const page = mailCommandsReference(textsOf('en'));
    for (const [words] of meanings)
      for (const word of words.split(' ')) expect(page).toMatch(new RegExp(`\`${word.toUpperCase()}[\` ]`));
    for (const name of commandOperations) expect(page).toContain(`\`${commandForm(name)}\``);
  });

  it('is not written while something is unknown', () => {
    expect(() => mailCommandsReference({})).toThrow('nothing says what the command');
  });

  it('shows forms that are taken for the command that they show', () => {
    for (const name of commandOperations) {
      const line = commandForm(name)
        .replace('YYYY-MM', '2026-01')
        .replace('OPTION…', 'mail')
        .replaceAll(/\[[^\]]*\]/g, '');
      expect(parseCommand(line)).toMatchObject({
        status: 'command',
        act: { kind: 'request', call: { name } },
      });
    }
  });
});
