import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask } from '../../test/kit/requests.ts';

let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: ['ann@example.org'], subject: 'What the board says' });
});
afterEach(() => site.dispose());

const sender = 'eve@example.org';
const infoOf = async () => (await ask(site, 'info', { list: 'board' }, { sender })).answer ?? [];

describe('INFO', () => {
  it('says what the list is, who runs it, and how to join, leave and post', async () => {
    expect(await infoOf()).toEqual([
      'List: board@example.org',
      'Subject: What the board says',
      'Owner: ann@example.org',
      '',
      'To post: write to board@example.org',
      'To subscribe: send a message with the Subject "SUBSCRIBE board" to sympa@example.org',
      'To leave: send a message with the Subject "SIGNOFF board" to sympa@example.org',
    ]);
  });

  it('says that posts wait for a moderator, where the scenario makes them', async () => {
    const moderated = 'Posts, or some of them, wait until a moderator lets them through.';
    expect(await infoOf()).not.toContain(moderated);
    await site.lists.setParameter(await site.lists.get('board'), 'send', 'privateoreditorkey');
    expect(await infoOf()).toContain(moderated);
  });

  it('says that encrypted mail may be sent, once the list has a certificate', async () => {
    const welcome = /attached: encrypted mail may be sent to it\. board-request@example\.org gives help/;
    expect((await infoOf()).join('\n')).not.toMatch(welcome);
    const pair = site.listKey('board');
    expect((await infoOf()).join('\n')).toMatch(welcome);
    const { certificates } = await ask(site, 'info', { list: 'board' }, { sender });
    expect(certificates?.map((one) => one.sha256)).toEqual([pair.certificate.sha256]);
  });

  it('adds the text of the owners, without what is no text', async () => {
    site.write('expl/board/info', 'Déjà vu.\r\n\x1b[31mWrite in French.\n');
    expect((await infoOf()).slice(-3)).toEqual(['', 'Déjà vu.', '[31mWrite in French.']);
  });

  it('says so when that text is too long', async () => {
    site.write('expl/board/info', 'x'.repeat(65_537));
    expect((await infoOf()).at(-1)).toBe('The description of the list is too long to be sent.');
  });

  it('answers without the text when it cannot be read', async () => {
    site.write('expl/board/info/inside', 'a folder where a file should be');
    expect((await infoOf()).at(0)).toBe('List: board@example.org');
  });

  it('speaks of open lists only', async () => {
    await site.lists.close(await site.lists.get('board'));
    const report = await ask(site, 'info', { list: 'board' }, { sender });
    expect(report).toMatchObject({ status: 'refused', code: 'list-not-open' });
  });
});
