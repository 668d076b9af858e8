import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { provenReturn, type Recipient, resolveRecipient } from './recipients.ts';
import { formatVerp, verpKey } from './verp.ts';

let made: FolderSite;
const longAddress = `${'long'.repeat(12)}@some.domain.example`;

beforeAll(async () => {
  made = await makeFolderSite();
  made.write('expl/plans/config', 'owner\nemail ann@example.org\n');
  made.write('expl/a-request/config', 'owner\nemail ann@example.org\n');
  made.write('expl/other.example/plans/config', 'owner\nemail eve@other.example\n');
  await made.store.subscribers.add({ list: 'plans@example.org', address: longAddress });
});

afterAll(() => made.dispose());

async function meaning(address: string): Promise<string> {
  const recipient: Recipient = await resolveRecipient(made.lists, made.site, address);
  const list = 'list' in recipient && recipient.list ? ` ${recipient.list.address}` : '';
  return `${recipient.kind}${list}`;
}

describe('resolveRecipient', () => {
  it.each([
    ['plans@example.org', 'post plans@example.org'],
    ['PLANS@EXAMPLE.ORG', 'post plans@example.org'],
    ['plans@other.example', 'post plans@other.example'],
    ['plans-request@example.org', 'request plans@example.org'],
    ['plans-editor@example.org', 'editor plans@example.org'],
    ['plans-owner@example.org', 'owner plans@example.org'],
    ['plans-subscribe@example.org', 'command plans@example.org'],
    ['plans-unsubscribe@example.org', 'command plans@example.org'],
    ['sympa@example.org', 'command'],
    ['sympa-request@example.org', 'listmaster'],
    ['sympa-owner@example.org', 'bounce'],
    ['listmaster@example.org', 'listmaster'],
    ['Postmaster@other.example', 'listmaster'],
    ['a-request@example.org', 'post a-request@example.org'],
  ])('%s is %s', async (address, expected) => {
    expect(await meaning(address)).toBe(expected);
  });

  it.each([
    'nobody@example.org',
    'plans@nowhere.example',
    'plans',
    '',
    '@example.org',
    '-request@example.org',
    'plans-request-request@example.org',
    '../plans@example.org',
    'plans/../plans@example.org',
    '"plans"x@example.org',
    'bounce+@example.org',
    'bounce+ann==b.example==nowhere==00000000@example.org',
    'bounce+ann==plans@example.org',
    `${'a'.repeat(100_000)}@example.org`,
  ])('takes no mail for %j', async (address) => {
    expect(await meaning(address)).toBe('unknown');
  });

  it('knows whose mail came back, by the address itself or by its digest, which is looked up when it is read', async () => {
    const key = await verpKey(made.site);
    for (const address of ['bob@b.example', longAddress]) {
      const returnPath = formatVerp('plans@example.org', address, key);
      const recipient = await resolveRecipient(made.lists, made.site, returnPath);
      const atOnce = address === longAddress ? undefined : address;
      expect(recipient).toMatchObject({ kind: 'bounce', list: { name: 'plans' }, verp: { address: atOnce } });
      expect(await provenReturn(made.lists, returnPath, key)).toMatchObject({ verp: { address } });
    }
  });

  it.each([
    'bounce+ann==b.example==plans==00000000@example.org',
    'bounce+ann==b.example==plans@example.org',
    'bounce+ann==b.example==plans==w@example.org',
  ])('takes %s for the list that it names, and for nobody’s bounce', async (address) => {
    const recipient = await resolveRecipient(made.lists, made.site, address);
    expect(recipient).toMatchObject({ kind: 'bounce', list: { name: 'plans' }, verp: undefined });
  });

  it('takes a bounce of a list that is gone', async () => {
    const address = formatVerp('gone@example.org', 'bob@b.example', await verpKey(made.site));
    expect(await resolveRecipient(made.lists, made.site, address)).toMatchObject({
      kind: 'bounce',
      list: undefined,
    });
  });

  it('answers any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(typeof (await resolveRecipient(made.lists, made.site, `${text}@example.org`)).kind).toBe(
          'string',
        );
      }),
      { numRuns: 50 },
    );
  });
});
