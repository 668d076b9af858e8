import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MessageMemory } from './message-memory.ts';
import { type ListenerReply, listenerReplies } from './reply.ts';

const streamOf = (...sizes: readonly number[]) => Readable.from(sizes.map((size) => Buffer.alloc(size, 'x')));
const sizeOf = async (raw: Uint8Array): Promise<number | ListenerReply> => raw.length;
const refuse = (reply: ListenerReply): number | ListenerReply => reply;

describe('MessageMemory', () => {
  it('gives a message that has room', async () => {
    expect(await new MessageMemory(10, 10).collect(streamOf(4, 6), sizeOf, refuse)).toBe(10);
  });

  it('refuses for good what is larger than a message may be, for now what others leave no room for', async () => {
    const memory = new MessageMemory(10, 15);
    expect(await memory.collect(streamOf(4, 7), sizeOf, refuse)).toBe(listenerReplies.tooLarge);
    const inside = await memory.collect(
      streamOf(10),
      () => memory.collect(streamOf(3, 3), sizeOf, refuse),
      refuse,
    );
    expect(inside).toBe(listenerReplies.tooMuchAtOnce);
  });

  it('has all its room again after messages that were taken, refused and broken off', async () => {
    const memory = new MessageMemory(10, 10);
    const broken = async function* () {
      yield Buffer.alloc(8);
      throw new Error('the peer is gone');
    };
    await memory.collect(streamOf(9), sizeOf, refuse);
    await memory.collect(streamOf(9, 9, 9), sizeOf, refuse);
    await expect(memory.collect(Readable.from(broken()), sizeOf, refuse)).rejects.toThrow('the peer is gone');
    const failing = memory.collect(
      streamOf(9),
      () => Promise.reject<ListenerReply>(new Error('a bug')),
      refuse,
    );
    await expect(failing).rejects.toThrow('a bug');
    expect(await memory.collect(streamOf(10), sizeOf, refuse)).toBe(10);
  });
});
