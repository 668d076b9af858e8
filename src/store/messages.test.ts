import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { NewMessage } from './messages.ts';
import type { Store } from './store.ts';

const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
let made = 0;
const fresh = (name: string) => `${name}-${String(++made).padStart(4, '0')}`;

describeOnEngines('messages', (kit) => {
  let store: Store;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
  });

  it('give the bytes back as they came', async () => {
    const message = messageOf({ extra: '{"a":1}' });
    await store.messages.insert(message);
    const stored = await store.messages.get(message.id);
    const undecided = {
      state: 'incoming',
      code: null,
      reason: null,
      verdict: null,
      decision: null,
      decidedAt: null,
    };
    expect(stored).toEqual({ ...message, ...undecided });
    expect(stored.raw.constructor).toBe(Uint8Array);
  });

  it('say which id is unknown', async () => {
    await expect(store.messages.get('unknown')).rejects.toMatchObject({ code: 'no-such-message' });
    expect(await store.messages.find('unknown')).toBeUndefined();
  });

  it('are decided on by one of two who look at the same instant', async () => {
    const message = messageOf({});
    const { id } = message;
    await store.messages.insert(message);
    const decide = (state: 'expired' | 'refused') =>
      store.transaction(async (tx) => {
        if ((await tx.messages.lockedState(id)) !== 'incoming') return false;
        // Long enough that both have looked.
        await new Promise((resolve) => setTimeout(resolve, 100));
        await tx.messages.setState(id, state, { code: null, reason: null });
        return true;
      });
    const won = await Promise.all([decide('expired'), decide('refused')]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.messages.stateOf(id)).toBe(won[0] ? 'expired' : 'refused');
  });

  it('keep verdict and decision where a later state brings none', async () => {
    const { id, ...rest } = messageOf();
    await store.messages.insert({ id, ...rest });
    const decided = { verdict: '{"status":"valid"}', decision: '{"action":"do_it"}' };
    await store.messages.setState(id, 'held', { code: 'key-unavailable', reason: 'locked', ...decided });
    await store.messages.setState(id, 'distributed', { code: null, reason: null, extra: '{}' });
    const expected = { state: 'distributed', code: null, ...decided, extra: '{}', decidedAt: startOfTest };
    expect(await store.messages.get(id)).toMatchObject(expected);
  });

  it('are listed by state, oldest first, without their bytes', async () => {
    const ids = [fresh('message'), fresh('message'), fresh('message')];
    for (const id of ids) {
      await store.messages.insert(messageOf({ id }));
      await store.messages.setState(id, 'moderation', { code: null, reason: null });
    }
    await store.messages.setState(ids[1]!, 'auth', { code: null, reason: null });
    const listed = await store.messages.listByState(['moderation', 'auth'], { limit: 2 });
    expect(listed.map((message) => message.id)).toEqual(ids.slice(0, 2));
    expect(listed[0]).not.toHaveProperty('raw');
    expect(await store.messages.countByState()).toMatchObject({ moderation: 2, auth: 1 });
    expect((await store.messages.newest())?.id).toBe(ids[2]);
  });

  it('let go of the bytes alone', async () => {
    const message = messageOf();
    await store.messages.insert(message);
    await store.messages.dropRaw(message.id);
    const left = { raw: new Uint8Array(), size: 256, sha256: 'f00d' };
    expect(await store.messages.get(message.id)).toMatchObject(left);
  });

  it('of one id are stored once, bytes and all', async () => {
    const message = messageOf();
    await store.messages.insert(message);
    await expect(store.messages.insert({ ...message, raw: new Uint8Array(1) })).rejects.toThrow();
    expect((await store.messages.get(message.id)).raw).toEqual(everyByte);
  });
});

function messageOf(more: Partial<NewMessage> = {}): NewMessage {
  const places = { list: 'list@example.org', recipient: 'list@example.org', envelopeSender: '' };
  const bytes = { raw: everyByte, size: 256, sha256: 'f00d', receivedAt: startOfTest };
  return { id: fresh('message'), kind: 'post', ...places, ...bytes, ...more };
}
