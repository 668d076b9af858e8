import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { makeTaskSite, type TaskSite } from '../../test/kit/task-site.ts';
import { keepAndTell } from '../requests/certificate-news.ts';
import { alertOwners } from './certificate-alerts.ts';

const dayMs = 86_400_000;
const [bob, carol, owner] = ['bob@example.net', 'carol@example.net', 'owner@example.org'];

describe('the owners of the lists of a person', () => {
  let made: TaskSite;
  const stranger = makeTestCa({ name: 'Stranger' });
  beforeEach(async () => {
    made = await makeTaskSite();
  });
  afterEach(() => made.quiet.dispose());

  /** Another authority and another key than the one in use. */
  const changeOf = async (address: string) => {
    await made.certificate(address, made.clock.at + 200 * dayMs);
    const pair = stranger.issue({ address, algorithm: 'ec-p256', fresh: true });
    const about = { usage: 'both', source: 'message', capabilities: null } as const;
    const incoming = { address, certificate: pair.certificate, signingTimeMs: made.clock.at + 1, ...about };
    const { store, parts } = made.quiet;
    return store.transaction((tx) => keepAndTell(tx, incoming, 'example.org', parts));
  };
  const alerts = async () => {
    await alertOwners(made.quiet.parts);
    return (await made.mails()).filter(({ template }) => template === 'certificate-pending-owner');
  };

  it('hear of another certificate that waits, each list at once, then of what came since once a day', async () => {
    const [board, plans] = [await made.list('board', [bob, carol]), await made.list('plans', [bob])];
    expect(await changeOf(bob)).toBe('pending');
    expect(await alerts()).toMatchObject(
      [board, plans].map((list) => ({ list, to: [owner], variables: { addresses: [bob], more: 0 } })),
    );
    await changeOf(carol);
    made.clock.at += dayMs / 2;
    expect(await alerts()).toEqual([]);
    await changeOf(bob);
    made.clock.at += dayMs / 2;
    expect(await alerts()).toMatchObject([
      { list: board, variables: { addresses: [bob, carol] } },
      { list: plans, variables: { addresses: [bob] } },
    ]);
    made.clock.at += 2 * dayMs;
    expect(await alerts()).toEqual([]);
  });

  it('are not told twice of their own, and of people on no list the listmasters hear', async () => {
    await made.list('board', [owner]);
    await changeOf(owner);
    expect(await alerts()).toEqual([]);
    await changeOf(bob);
    expect(await alerts()).toMatchObject([
      { list: '', to: ['root@example.org'], variables: { addresses: [bob] } },
    ]);
  });

  it('hear nothing of it in the daily list of who could not be served', async () => {
    const { store } = made.quiet;
    const board = await made.list('board', [bob]);
    await changeOf(bob);
    expect(await store.reports.daysBefore('9999-12-31')).toEqual([]);
    expect(await store.reports.takeDay(board, new Date(made.clock.at).toISOString().slice(0, 10))).toEqual(
      [],
    );
    expect(await alerts()).toHaveLength(1);
  });

  it('are told in clear, a hundred addresses at most', async () => {
    const { store } = made.quiet;
    const board = await made.list('board', [bob]);
    for (let i = 0; i < 130; i++) await store.reports.addAlert(board, `p${i}@example.net`, `${i}`);
    const [alert] = await alerts();
    expect(alert!.variables.addresses).toHaveLength(100);
    expect(alert!.variables.more).toBe(30);
  });
});
