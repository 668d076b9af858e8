import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, plainMessage, signed, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';

describe('story 03: the scenario decides who may post', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', ['alice@example.org'], ['send private_smime']);
    await site.list('talk', ['alice@example.org'], ['send private']);
    await site.start();
  });
  afterAll(() => site.dispose());

  async function stateAfter(raw: Uint8Array, from: string, address: string): Promise<string> {
    site.sink.clear();
    expect(await site.post(raw, { from, to: address })).toMatchObject({ code: 250 });
    return site.settled();
  }

  it('refuses a stranger at a private list and tells only the stranger', async () => {
    const raw = plainMessage({ from: 'eve@example.com', to: 'talk@lists.example.org' }, 'Buy now\r\n');
    expect(await stateAfter(raw, 'eve@example.com', 'talk@lists.example.org')).toBe('refused');
    const [answer] = await site.sink.waitForRecipients(['eve@example.com']);
    await site.idle();
    expect(answer!.sender).toBe('');
    expect(site.sink.messages).toHaveLength(1);
    expect(Buffer.from(answer!.data).toString()).toContain('talk@lists.example.org');
    expect(Buffer.from(answer!.data).toString()).not.toContain('Buy now');
  });

  it('lets a subscriber post to a private list by plain mail', async () => {
    const raw = plainMessage({ from: 'alice@example.org', to: 'talk@lists.example.org' }, 'Hello\r\n');
    expect(await stateAfter(raw, 'alice@example.org', 'talk@lists.example.org')).toBe('distributed');
  });

  it('refuses an unsigned post of a subscriber where only smime may post', async () => {
    expect(
      await stateAfter(plainMessage({ from: 'alice@example.org', to }, 'Hello\r\n'), 'alice@example.org', to),
    ).toBe('refused');
  });

  it('takes the signed post of the same subscriber', async () => {
    const alice = site.ca.issue({ address: 'alice@example.org', use: 'both', algorithm: 'rsa-2048' });
    const raw = message({ from: 'alice@example.org', to }, signed(textEntity('Hello\r\n'), alice));
    expect(await stateAfter(raw, 'alice@example.org', to)).toBe('distributed');
  });

  it('refuses a valid signature by somebody else', async () => {
    const eve = site.ca.issue({ address: 'eve@example.com', use: 'both', algorithm: 'rsa-2048' });
    const raw = message({ from: 'alice@example.org', to }, signed(textEntity('Hello\r\n'), eve));
    expect(await stateAfter(raw, 'alice@example.org', to)).toBe('refused');
  });
});
