import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask } from '../../test/kit/requests.ts';

const list = 'board@example.org';
const nowMs = Date.UTC(2026, 4, 6, 12);
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => nowMs });
  await site.lists.create({
    name: 'board',
    owners: ['ann@example.org'],
    parameters: { review: 'private' },
    nowMs,
  });
  for (const name of ['alice', 'bob', 'carol'])
    await site.store.subscribers.add({ list, address: `${name}@example.org` });
});
afterEach(() => site.dispose());

async function certify(address: string, notAfterMs: number): Promise<void> {
  const { certificate } = site.ca.issue({
    address,
    use: 'both',
    algorithm: 'rsa-2048',
    notAfterMs,
    notBeforeMs: 0,
  });
  const more = { usage: 'both', source: 'operator', signingTimeMs: null, capabilities: null } as const;
  await site.parts.certificates.keep(site.store, { address, certificate, ...more });
}

describe('STATS', () => {
  it('counts posts, subscribers, and those whom encrypted posts can be sealed for', async () => {
    await site.store.counters.next(list);
    await site.store.counters.next(list);
    await certify('alice@example.org', nowMs + 86_400_000);
    await certify('bob@example.org', nowMs - 86_400_000);
    const { answer } = await ask(site, 'stats', { list: 'board' }, { sender: 'bob@example.org' });
    expect(answer).toEqual([
      'List: board@example.org',
      'Since: 2026-05-06',
      'Posts: 2',
      'Subscribers: 3',
      'Subscribers with a certificate that encrypted posts can be sealed for: 1',
      'Subscribers without one: 2',
    ]);
  });

  it('counts more subscribers than one page holds', async () => {
    await site.store.transaction(async (tx) => {
      for (let i = 0; i < 1_000; i++) await tx.subscribers.add({ list, address: `m${i}@example.org` });
    });
    const { answer } = await ask(site, 'stats', { list: 'board' }, { sender: 'bob@example.org' });
    expect(answer).toContain('Subscribers: 1003');
  });

  it('is for those who may see the subscribers', async () => {
    const report = await ask(site, 'stats', { list: 'board' }, { sender: 'eve@example.org' });
    expect(report).toMatchObject({ code: 'scenario-rejects', reason: 'review_subscriber' });
  });

  it('leaves out a day that the config does not tell', async () => {
    site.write('expl/board/config', 'owner\nemail ann@example.org\n\nreview public\n');
    const { answer } = await ask(site, 'stats', { list: 'board' }, { sender: 'bob@example.org' });
    expect(answer?.join('\n')).not.toContain('Since');
  });
});

describe('VERIFY', () => {
  const sender = 'bob@example.org';
  const verify = async (more: object) =>
    (await ask(site, 'verify', { list: 'board' }, { sender, ...more })).values;

  it('says that a signature is valid, and that commands count as proved by it', async () => {
    const signature = { status: 'valid', reason: null };
    expect(await verify({ signature, method: 'smime' })).toMatchObject({
      method: 'smime',
      status: 'valid',
      text: 'The signature of your message is valid.\nCommands of this message count as proved by: its S/MIME signature (smime)',
    });
  });

  it.each([
    ['untrusted', 'no path to an anchor', /not trusted: no path to an anchor\./],
    ['invalid', 'the digest differs', /not valid: the digest differs\./],
    ['none', null, /no signature that covers the command\./],
  ])('says why a signature that is %s is worth nothing', async (status, reason, text) => {
    expect((await verify({ signature: { status, reason } }))?.text).toMatch(text);
  });

  it('says that there is no signature where nothing is known of one', async () => {
    expect(await verify({})).toMatchObject({ status: 'none', reason: null, method: 'smtp' });
  });
});
