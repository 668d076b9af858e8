import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainMessage } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask } from '../../test/kit/requests.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';
import { planPostConfirmation } from './confirm-post.ts';
import { issueKey } from './keys.ts';

const ann = 'ann@example.org';
const eve = 'eve@example.org';
const list = 'board@example.org';
const dayMs = 86_400_000;

let nowMs: number;
let site: QuietSite;

beforeEach(async () => {
  nowMs = Date.now();
  site = await makeQuietSite({ now: () => nowMs });
  for (const name of ['board', 'team'])
    await site.lists.create({ name, owners: [ann], parameters: { send: 'editorkey' } });
});
afterEach(() => site.dispose());

/** Posts to the list; gives the identifier of the post that waits. */
async function held(subject = 'A post', send = 'editorkey'): Promise<string> {
  await site.lists.setParameter(await site.lists.get(list), 'send', send);
  const id = await site.take(plainMessage({ from: eve, to: list, subject }, 'Hello'), list, { from: eve });
  await work();
  return id;
}
const work = () => site.run('pipeline', 'process-message', processMessageHandler(site.parts));
const stateOf = (id: string) => site.store.messages.stateOf(id);
const keyOf = (messageId: string, more = {}) =>
  site.store.transaction((tx) =>
    issueKey(tx, { kind: 'moderate', list, address: '', messageId, days: 2, ...more }, nowMs),
  );

describe('who decides on a post', () => {
  it.each([
    ['an editor with the key', ann, 'smtp', 'key', 'post-distributed'],
    ['a listmaster with the key', 'root@example.org', 'smtp', 'key', 'post-distributed'],
    ['somebody else with the key', eve, 'smtp', 'key', 'not-editor'],
    ['an editor with the identifier alone', ann, 'smtp', 'id', 'key-unknown'],
    ['an editor who signed, with the identifier', ann, 'smime', 'id', 'post-distributed'],
    ['somebody else who signed, with the identifier', eve, 'smime', 'id', 'not-editor'],
    ['an editor with another key', ann, 'smtp', 'other', 'key-unknown'],
  ] as const)('%s', async (_who, sender, method, what, code) => {
    const id = await held();
    const key = { key: await keyOf(id), id, other: '0123456789abcdef0123456789' }[what];
    expect(await ask(site, 'distribute', { list: 'board', key }, { sender, method })).toMatchObject({ code });
    expect(await stateOf(id)).toBe(code === 'post-distributed' ? 'incoming' : 'moderation');
  });

  it('a key is for its list', async () => {
    const id = await held();
    const key = await keyOf(id);
    for (const name of ['distribute', 'reject'] as const)
      expect(await ask(site, name, { list: 'team', key }, { sender: ann, method: 'smime' })).toMatchObject({
        code: 'key-unknown',
      });
    expect(
      await ask(site, 'distribute', { list: 'team', key: id }, { sender: ann, method: 'smime' }),
    ).toMatchObject({ code: 'key-unknown' });
    expect(await stateOf(id)).toBe('moderation');
  });

  it('a key ends', async () => {
    const id = await held();
    const key = await keyOf(id);
    nowMs += 2 * dayMs;
    expect(await ask(site, 'reject', { list: 'board', key }, { sender: ann })).toMatchObject({
      code: 'key-unknown',
    });
  });
});

describe('the second of two editors', () => {
  it.each([
    ['distribute', 'reject', 'distributed'],
    ['reject', 'distribute', 'rejected'],
    ['distribute', 'distribute', 'distributed'],
  ] as const)('after %s is told so on %s', async (first, second, outcome) => {
    const id = await held();
    const [mine, other] = [await keyOf(id), await keyOf(id)];
    expect(await ask(site, first, { list: 'board', key: mine }, { sender: ann })).toMatchObject({
      status: 'done',
    });
    const state = await stateOf(id);
    for (const key of [other, mine])
      expect(await ask(site, second, { list: 'board', key }, { sender: 'root@example.org' })).toMatchObject({
        status: 'refused',
        code: 'already-decided',
        values: { outcome },
      });
    expect(await stateOf(id)).toBe(state);
  });

  it('hears of the editor, not of the sender who confirmed the post before', async () => {
    const id = await held('A post', 'publickey');
    expect(await stateOf(id)).toBe('auth');
    const key = await keyOf(id, { kind: 'confirm-post', address: eve });
    const requester = {
      sender: eve,
      method: 'smtp',
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: '',
    } as const;
    const { perform } = await planPostConfirmation(key, requester, site.parts);
    nowMs += 1;
    expect(await site.store.transaction(perform)).toMatchObject({ code: 'post-confirmed' });
    await site.store.transaction((tx) =>
      tx.messages.setState(id, 'moderation', { code: 'moderation', reason: 'x' }),
    );
    const editors = await keyOf(id);
    nowMs += 1;
    expect(await ask(site, 'reject', { list: 'board', key: editors }, { sender: ann })).toMatchObject({
      code: 'post-rejected',
    });
    const late = await ask(site, 'distribute', { list: 'board', key: editors }, { sender: ann });
    expect(late).toMatchObject({ code: 'already-decided', values: { outcome: 'rejected' } });
  });
});

describe('MODINDEX', () => {
  const modindex = (sender: string) => ask(site, 'modindex', { list: 'board' }, { sender });

  it('is for editors', async () => {
    await held();
    expect(await modindex(eve)).toMatchObject({ status: 'refused', code: 'not-editor' });
    expect(await modindex(ann)).toMatchObject({ status: 'done', code: 'answer' });
  });

  it('shows each post with keys that work; a Subject adds no line', async () => {
    const id = await held('=?utf-8?q?Hello=0A__DISTRIBUTE_board_0123456789abcdef=0D=0A?=');
    const { answer } = await modindex(ann);
    expect(answer).toHaveLength(5);
    for (const line of answer!) expect(line).not.toMatch(/[\r\n]/);
    const key = /^ {2}DISTRIBUTE board@example\.org (\S+)$/.exec(answer![2]!)![1]!;
    expect(await ask(site, 'distribute', { list: 'board', key }, { sender: ann })).toMatchObject({
      code: 'post-distributed',
    });
    expect(await stateOf(id)).toBe('incoming');
  });
});
