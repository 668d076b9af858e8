import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';

describe('ssympa request', () => {
  let made: FolderSite;
  beforeEach(async () => {
    made = await makeFolderSite();
    await made.lists.create({ name: 'board', owners: ['ann@example.org'], subject: 'The board' });
  });
  afterEach(() => made.dispose());

  const run = (...args: readonly string[]) => runCli(['request', ...args], { cwd: made.dir });
  const json = async (...args: readonly string[]) => JSON.parse((await run('--json', ...args)).stdout);

  it('carries out what the operator asks for, and says what came of it', async () => {
    expect(await json('add', 'list=board', 'email=Bob@Example.ORG', 'gecos=Bob')).toEqual({
      status: 'done',
      code: 'added',
      reason: null,
      values: { list: 'board@example.org', address: 'bob@example.org' },
      answer: [],
    });
    const review = await run('review', 'list=board');
    expect(review.code).toBe(0);
    expect(review.stdout).toContain('bob@example.org');
  });

  it('asks the scenarios about a person', async () => {
    await run('add', 'list=board', 'email=bob@example.org');
    const stranger = ['review', 'list=board', '--sender', 'eve@example.net'] as const;
    expect(await json(...stranger)).toMatchObject({ status: 'refused', reason: 'review_owner' });
    expect((await run(...stranger)).code).toBe(77);
    expect((await run('review', 'list=board', '--sender', 'ann@example.org')).code).toBe(0);
    expect(
      await json('set', 'list=board', 'options=nomail', '--sender', 'bob@example.org', '--method', 'smtp'),
    ).toMatchObject({ status: 'waiting', code: 'confirmation-asked' });
  });

  it.each([
    [['nothing'], 64],
    [['add', 'board'], 64],
    [['add', 'list=board'], 64],
    [['add', 'list=board', 'email=none'], 64],
    [['add', 'list=board', 'email=a@example.org', '--sender', 'none'], 64],
    [['add', 'list=board', 'email=a@example.org', '--domain', 'elsewhere.example'], 64],
    [['review', 'list=plans'], 67],
    [['signoff', 'list=board', 'email=nobody@example.org'], 67],
  ])('%j ends with %i', async (args, code) => {
    expect((await run(...args)).code).toBe(code);
  });
});
