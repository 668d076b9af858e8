import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContentInfo } from '../../../src/cms/content-info.ts';
import { decodedBody, parseEntity } from '../../../src/mime/entity.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';
import type { SunkMessage } from '../../kit/smtp-sink.ts';

const from = 'alice@example.org';
const people = { gcm: 'gcm@example.net', cbc: 'cbc@example.net', unknown: 'unknown@example.net' } as const;

describe('story 16: nobody gets a weaker copy than the sender chose', () => {
  let site: TestSite;
  const lists = new Map<string, TestIdentity>();
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    for (const [name, config] of [
      ['strict', []],
      ['loose', ['seal_downgrade on']],
    ] as const) {
      await site.list(name, Object.values(people), ['send public', ...config]);
      lists.set(name, site.listKey(name));
    }
    alice = site.ca.issue({ address: from, use: 'both', algorithm: 'rsa-2048' });
    await site.person(people.gcm, {}, ['aes-256-gcm', 'aes-256-cbc']);
    await site.person(people.cbc, {}, ['aes-256-cbc', 'aes-128-cbc']);
    await site.person(people.unknown);
    await site.start();
  });
  afterAll(() => site.dispose());

  function cipherOf(copy: SunkMessage): string {
    const info = parseContentInfo(decodedBody(parseEntity(copy.data)));
    if (info.type !== 'enveloped' && info.type !== 'authEnveloped') throw new Error(`a copy is ${info.type}`);
    return `${info.type}`;
  }

  async function post(
    name: string,
    cipher: 'aes-256-gcm' | 'aes-256-cbc',
    wanted: readonly string[],
  ): Promise<Record<string, string>> {
    site.sink.clear();
    const to = `${name}@lists.example.org`;
    const inner = signed(textEntity('Hello\r\n'), alice);
    await site.post(message({ from, to }, encrypted(inner, lists.get(name)!.certificate, cipher)), {
      from,
      to,
    });
    const copies = await site.sink.waitForRecipients(wanted);
    await site.idle();
    return Object.fromEntries(copies.map((copy, i) => [wanted[i]!, cipherOf(copy)]));
  }

  it('sends CBC on as CBC, as GCM to those who announced it', async () => {
    expect(await post('strict', 'aes-256-cbc', Object.values(people))).toEqual({
      [people.gcm]: 'authEnveloped',
      [people.cbc]: 'enveloped',
      [people.unknown]: 'enveloped',
    });
  });

  it('sends GCM on as GCM, and lets those wait who announced only CBC', async () => {
    expect(await post('strict', 'aes-256-gcm', [people.gcm, people.unknown])).toEqual({
      [people.gcm]: 'authEnveloped',
      [people.unknown]: 'authEnveloped',
    });
    const waiting = await site.withStore((store) => store.deliveries.waiting({ address: people.cbc }));
    expect(waiting.map((row) => row.code)).toEqual(['only-cbc-announced']);
  });

  it('sends all copies as CBC where the list allows it and somebody needs it', async () => {
    expect(await post('loose', 'aes-256-gcm', Object.values(people))).toEqual({
      [people.gcm]: 'enveloped',
      [people.cbc]: 'enveloped',
      [people.unknown]: 'enveloped',
    });
  });
});
