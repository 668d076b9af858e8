import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const from = 'alice@example.org';
const to = 'talk@lists.example.org';

describe('story 18: what machines and loops send is neither distributed nor answered', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('talk', [from], ['send public']);
    await site.start();
  });
  afterAll(() => site.dispose());

  /** What became of a message; why, where it was dropped. */
  async function stateOf(raw: Uint8Array, sender = from): Promise<string> {
    site.sink.clear();
    await site.post(raw, { from: sender, to });
    const state = await site.settled();
    await site.idle();
    if (state !== 'discarded') return state;
    expect(site.sink.messages).toEqual([]);
    return `discarded ${(await site.withStore((store) => store.messages.newest()))?.code}`;
  }

  it('drops its own post that comes back', async () => {
    expect(await stateOf(plainMessage({ from, to }, 'One\r\n'))).toBe('distributed');
    const back = site.sink.messages[0]!.data;
    expect(await stateOf(back)).toBe('discarded loop');
    const renamed = Buffer.from(back)
      .toString('latin1')
      .replace(/^Message-ID: .*$/im, 'Message-ID: <other@example.org>');
    expect(await stateOf(new Uint8Array(Buffer.from(renamed, 'latin1')))).toBe('discarded loop');
  });

  it.each(['auto-replied', 'auto-generated (rejected)'])('drops Auto-Submitted: %s', async (value) => {
    expect(await stateOf(plainMessage({ from, to, more: [`Auto-Submitted: ${value}`] }, 'Away\r\n'))).toBe(
      'discarded auto-submitted',
    );
  });

  it('takes Auto-Submitted: no', async () => {
    expect(await stateOf(plainMessage({ from, to, more: ['Auto-Submitted: no'] }, 'Here\r\n'))).toBe(
      'distributed',
    );
  });

  it('drops mail of a mailer-daemon', async () => {
    expect(await stateOf(plainMessage({ from: 'MAILER-DAEMON@example.com', to }, 'x\r\n'))).toBe(
      'discarded robot-sender',
    );
  });

  it('drops a second message of the same Message-ID', async () => {
    const messageId = '<once@example.org>';
    expect(await stateOf(plainMessage({ from, to, messageId }, 'First\r\n'))).toBe('distributed');
    expect(await stateOf(plainMessage({ from, to, messageId }, 'Second\r\n'))).toBe('discarded duplicate');
  });
});
