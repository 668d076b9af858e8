import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask } from '../../test/kit/requests.ts';

const list = 'board@example.org';
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  const review = { review: 'public' };
  await site.lists.create({
    name: 'board',
    owners: ['ann@example.org'],
    editors: ['ed@example.org'],
    parameters: review,
  });
  await site.store.subscribers.add({ list, address: 'zoe@example.org', gecos: 'Zoe in her own words' });
  await site.store.subscribers.add({ list, address: 'bob@example.org' });
  await site.store.subscribers.add({ list, address: 'shy@example.org', visibility: 'conceal' });
});
afterEach(() => site.dispose());

const reviewBy = async (sender: string) => (await ask(site, 'review', { list: 'board' }, { sender })).answer;

describe('REVIEW', () => {
  it('names owners and editors, then the subscribers in order, then how many they are', async () => {
    expect(await reviewBy('eve@example.org')).toEqual([
      'Subscribers of board@example.org',
      'Owner: ann@example.org',
      'Moderator: ed@example.org',
      '',
      'bob@example.org',
      'zoe@example.org',
      '',
      'Total: 2',
    ]);
  });

  it.each([
    'ann@example.org',
    'root@example.org',
  ])('shows %s those who are concealed, too', async (sender) => {
    const answer = await reviewBy(sender);
    expect(answer).toContain('shy@example.org');
    expect(answer?.at(-1)).toBe('Total: 3');
  });

  it('shows the concealed to no editor', async () => {
    expect(await reviewBy('ed@example.org')).not.toContain('shy@example.org');
  });

  it('leaves out an owner who does not want to be seen', async () => {
    const config = 'owner\nemail ann@example.org\nvisibility conceal\n\nreview public\n';
    site.write('expl/board/config', config);
    expect(await reviewBy('eve@example.org')).not.toContain('Owner: ann@example.org');
    expect(await reviewBy('ann@example.org')).toContain('Owner: ann@example.org');
  });

  it('answers in the language of whoever asks', async () => {
    await site.store.persons.note('eve@example.org', { lang: 'fr' });
    expect(await reviewBy('eve@example.org')).toContain('Propriétaire : ann@example.org');
  });

  it('keeps to the shipped texts where those of the site cannot be used', async () => {
    site.write('etc/locales/en.json', '{"answers": {"owner": "{{ nothing }}", "total": "All: {{ count }}"}}');
    const answer = await reviewBy('eve@example.org');
    expect(answer).toContain('Owner: ann@example.org');
    expect(answer?.at(-1)).toBe('All: 2');
    site.write('etc/locales/en.json', '[]');
    expect((await reviewBy('eve@example.org'))?.at(-1)).toBe('Total: 2');
  });

  it('ends after five thousand lines and says how many are left', async () => {
    await site.store.transaction(async (tx) => {
      for (let i = 0; i < 5_000; i++) await tx.subscribers.add({ list, address: `m${i}@example.org` });
    });
    const answer = (await reviewBy('eve@example.org')) ?? [];
    expect(answer.filter((line) => /^[a-z0-9]+@/.test(line))).toHaveLength(5_000);
    expect(answer.slice(-2)).toEqual(['Not shown, since there are too many: 2', 'Total: 5002']);
  });

  it('is for those whom the scenario lets', async () => {
    await site.lists.setParameter(await site.lists.get(list), 'review', 'owner');
    const report = await ask(site, 'review', { list: 'board' }, { sender: 'eve@example.org' });
    expect(report).toMatchObject({ status: 'refused', code: 'scenario-rejects', reason: 'review_owner' });
  });
});
