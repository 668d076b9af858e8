import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const bob = 'bob@example.net';
const victim = 'victim@example.com';
const hour = 3_600_000;

describe('story 31: a certificate is revoked while a distribution is under way', () => {
  let offsetMs = 0;
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  let bobPair: TestIdentity;
  let victimPair: TestIdentity;
  let inner: Uint8Array;
  beforeAll(async () => {
    site = await TestSite.make({
      clock: { now: () => Date.now() + offsetMs },
      housekeepingPauseMs: 100,
      conf: ['crl_dir crl'],
    });
    mkdirSync(join(site.dir, 'crl'), { recursive: true });
    await site.list('board', [bob, victim]);
    list = site.listKey('board');
    alice = await site.person(from);
    bobPair = await site.person(bob);
    victimPair = await site.person(victim);
    await site.withStore((store) => store.subscribers.add({ list: to, address: from, reception: 'nomail' }));
    await site.start();
    inner = signed(textEntity('A secret\n'), alice);
  });
  afterAll(() => site.dispose());

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 20_000;
    while (!(await isSo())) {
      if (Date.now() > end) throw new Error('it did not come in time');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const copiesTo = (address: string) =>
    site.sink.messages.filter(
      ({ recipients, data }) => recipients.includes(address) && Buffer.from(data).includes('pkcs7-mime'),
    );

  it('whom the peer takes at once gets a copy; the other is to be tried again', async () => {
    site.sink.rule = ({ step, address }) =>
      step === 'rcpt' && address === victim ? '451 4.2.1 come again' : undefined;
    await site.post(message({ from, to }, encrypted(inner, list.certificate)), { from, to });
    const copy = await site.sink.waitForPkcs7(bob);
    expect(Buffer.from(decryptMessage(copy.data, bobPair))).toEqual(Buffer.from(inner));
    await until(async () => (await site.outcomes())[bob] === 'sent');
    expect((await site.outcomes())[victim]).toBe('pending');
    expect(copiesTo(victim)).toEqual([]);
  });

  it('after the revocation nothing is sealed with it any more: the post waits for another certificate', async () => {
    const crl = site.ca.crlPem({
      revoked: [{ serialNumber: victimPair.certificate.serialNumber, revokedAtMs: Date.now() - 1_000 }],
    });
    writeFileSync(join(site.dir, 'crl/ca.crl'), crl);
    await until(async () =>
      site.withStore(async (store) => (await store.certificates.ofAddress(victim))[0]?.status === 'revoked'),
    );
    site.sink.rule = () => undefined;
    offsetMs = hour;
    await until(async () => (await site.outcomes())[victim] === 'waiting');
    await site.idle();
    expect(copiesTo(victim)).toEqual([]);
    expect(copiesTo(bob)).toHaveLength(1);
  });

  it('a new certificate lets it go, and whoever had a copy gets no second', async () => {
    const fresh = site.ca.issue({ address: victim, use: 'both', algorithm: 'rsa-2048', fresh: true });
    await site.importCertificate(victim, fresh.certificatePem);
    const copy = await site.sink.waitForPkcs7(victim);
    expect(Buffer.from(decryptMessage(copy.data, fresh))).toEqual(Buffer.from(inner));
    expect(() => decryptMessage(copy.data, victimPair)).toThrow();
    await site.idle();
    expect(copiesTo(bob)).toHaveLength(1);
  });
});
