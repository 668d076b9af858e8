import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestCa } from '../../kit/ca.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const bob = 'bob@example.net';
const carol = 'carol@example.com';

describe('story 31: an authority between the anchor and a subscriber is revoked', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  let sub: TestCa;
  let carolPair: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make({ housekeepingPauseMs: 100, conf: ['crl_dir crl'] });
    mkdirSync(join(site.dir, 'crl'), { recursive: true });
    await site.list('board', [bob, carol]);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.person(bob);
    sub = site.ca.subCa({ name: 'Sub' });
    carolPair = sub.issue({ address: carol, use: 'both', algorithm: 'rsa-2048' });
    await site.withStore((store) => store.subscribers.add({ list: to, address: from, reception: 'nomail' }));
    await site.start();
  });
  afterAll(() => site.dispose());

  const postSecret = (text: string) => {
    const inner = signed(textEntity(text), alice);
    return site.post(message({ from, to }, encrypted(inner, list.certificate)), { from, to });
  };
  const postSigned = (of: string, pair: TestIdentity, by: TestCa) => {
    const entity = signed(textEntity('Hello\n'), pair, { chain: [by.certificate] });
    return site.post(message({ from: of, to }, entity), { from: of, to });
  };
  const secretsOf = () =>
    site.sink.messages
      .filter(
        ({ recipients, data }) => recipients.includes(carol) && Buffer.from(data).includes('pkcs7-mime'),
      )
      .map(({ data }) => Buffer.from(decryptMessage(data, carolPair)).toString());
  const waiting = () =>
    site.withStore(async (store) => (await store.deliveries.waitingFor(carol)).map(({ code }) => code));

  it('her certificate comes with a signed message, and encrypts to her', async () => {
    await postSigned(carol, carolPair, sub);
    await site.idle();
    await postSecret('The first secret\n');
    await expect.poll(secretsOf, { timeout: 20_000 }).toEqual([expect.stringContaining('The first secret')]);
  });

  it('while it is revoked nothing is encrypted to her: the post waits', async () => {
    writeFileSync(join(site.dir, 'crl/ca.crl'), site.ca.crlPem({ revoked: [sub] }));
    await postSecret('The second secret\n');
    await expect.poll(waiting, { timeout: 20_000 }).toEqual(['certificate-missing']);
    await site.idle();
    expect(secretsOf()).toHaveLength(1);
  });

  it('the post goes out when the message of another person brings the authority certified anew', async () => {
    const again = site.ca.subCa({ name: 'Sub', keys: sub });
    const pair = again.issue({ address: bob, use: 'both', algorithm: 'rsa-2048', fresh: true });
    await postSigned(bob, pair, again);
    await expect.poll(secretsOf, { timeout: 20_000 }).toHaveLength(2);
    expect(secretsOf()[1]).toContain('The second secret');
    expect(await waiting()).toEqual([]);
  });
});
