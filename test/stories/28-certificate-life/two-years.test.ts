import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa, type TestIdentity } from '../../kit/ca.ts';
import { Correspondence, mailTo } from '../../kit/command-mail.ts';
import { encrypted, message, signed, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const board = 'board@lists.example.org';
const poster = 'poster@example.org';
const alice = 'alice@example.org';
const bob = 'bob@example.org';
const day = 86_400_000;
const start = Date.now();

/** Time goes on by itself, and jumps where the story does. */
describe('story 28: two years of certificates', () => {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  let site: TestSite;
  let ca: TestCa;
  let mail: Correspondence;
  let list: TestIdentity;
  let posterPair: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make({ clock: { now }, housekeepingPauseMs: 300, conf: ['crl_dir crl'] });
    ca = makeTestCa({ notBeforeMs: start - day });
    writeFileSync(join(site.dir, 'ca.pem'), ca.pem);
    mkdirSync(join(site.dir, 'crl'));
    await site.list('board', [poster], ['send privateorpublickey', 'subscribe open', 'unsubscribe open']);
    list = lasting('board@lists.example.org');
    writeFileSync(join(site.listDir('board'), 'cert.pem'), list.certificatePem);
    writeFileSync(join(site.listDir('board'), 'private_key'), list.privateKeyPem, { mode: 0o600 });
    posterPair = lasting(poster);
    await site.importCertificate(poster, posterPair.certificatePem);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const issue = (address: string, fromDay: number, days: number, more: object = {}) =>
    ca.issue({
      address,
      algorithm: 'rsa-2048',
      fresh: true,
      notBeforeMs: start + (fromDay - 1) * day,
      notAfterMs: start + (fromDay + days) * day,
      ...more,
    });
  const lasting = (address: string) => issue(address, 0, 1_000) as TestIdentity & { privateKeyPem: string };
  const jumpTo = (days: number) => {
    offsetMs = start + days * day - Date.now();
  };
  const write = (from: string, text: string, pair: object, chain: readonly TestIdentity[] = []) => {
    const certificates = chain.map(({ certificate }) => certificate);
    const entity = signed(textEntity(text), pair as TestIdentity, { atMs: now(), chain: certificates });
    return mail.writeEntity(from, entity);
  };
  const until = async (isSo: () => Promise<boolean>) => {
    const end = Date.now() + 20_000;
    while (!(await isSo())) {
      if (Date.now() > end) throw new Error('it did not come in time');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const statusOf = (pair: TestIdentity, address: string) =>
    site.withStore(async (store) => {
      const records = await store.certificates.ofAddress(address);
      return records.find(({ sha256 }) => sha256 === pair.certificate.sha256)?.status;
    });

  async function post(): Promise<void> {
    const inner = signed(textEntity('Secret\r\n'), posterPair, { atMs: now() });
    await mail.send(message({ from: poster, to: board }, encrypted(inner, list.certificate)), poster, board);
  }

  /** Posts a secret and gives whose key reads the copy; undefined where it waits. */
  async function reader(address: string, pairs: Readonly<Record<string, TestIdentity>>) {
    const before = site.sink.messages.length;
    await post();
    const copy = site.sink.messages
      .slice(before)
      .find(
        ({ recipients, data }) => recipients.includes(address) && Buffer.from(data).includes('pkcs7-mime'),
      );
    if (!copy) return undefined;
    return Object.entries(pairs).find(([, pair]) => {
      try {
        return Buffer.from(decryptMessage(copy.data, pair)).includes('Secret');
      } catch {
        return false;
      }
    })?.[0];
  }

  const split = {} as Record<'sign' | 'encrypt' | 'renewed', TestIdentity>;

  it('day 0: somebody joins with a signed mail, and the certificate for encryption that came along is used', async () => {
    split.sign = issue(alice, 0, 365, { use: 'sign', algorithm: 'ec-p256' });
    split.encrypt = issue(alice, 0, 365, { use: 'encrypt' });
    await write(alice, 'SUBSCRIBE board\n', split.sign, [split.encrypt]);
    expect(existsSync(join(site.dir, 'expl/X509-user-certs', `${alice}@enc`))).toBe(true);
    expect(await reader(alice, split)).toBe('encrypt');
  });

  it('day 350: renewed by the same authority, it is used at once, and its person is told', async () => {
    jumpTo(350);
    split.renewed = issue(alice, 350, 365);
    const told = await write(alice, 'WHICH\n', split.renewed);
    expect(told.map(({ subject }) => subject)).toContain(
      'Your certificate at lists.example.org was replaced',
    );
    expect(await reader(alice, split)).toBe('renewed');
  });

  it('day 400: the old pair has ended, mail that comes again brings nothing back', async () => {
    jumpTo(400);
    const old = signed(textEntity('WHICH\n'), split.sign, { atMs: start + day });
    await mail.writeEntity(alice, old);
    expect(await reader(alice, split)).toBe('renewed');
  });

  it('day 500: a revocation list names it; nothing is sealed with it from then on', async () => {
    jumpTo(500);
    const crl = ca.crlPem({
      revoked: [{ serialNumber: split.renewed.certificate.serialNumber, revokedAtMs: now() - 1_000 }],
      thisUpdateMs: now() - 1_000,
      nextUpdateMs: now() + 30 * day,
    });
    writeFileSync(join(site.dir, 'crl/ca.crl'), crl);
    await until(async () => (await statusOf(split.renewed, alice)) === 'revoked');
    await until(async () => !existsSync(join(site.dir, 'expl/X509-user-certs', alice)));
    expect(await reader(alice, split)).toBeUndefined();
    const waiting = await site.withStore((store) => store.deliveries.waiting({ address: alice }));
    expect(waiting).toHaveLength(1);
  });

  it('day 501: with a new key of the same authority, the post that waits goes out', async () => {
    jumpTo(501);
    const fresh = issue(alice, 501, 365);
    const out = await write(alice, 'WHICH\n', fresh);
    const copies = out.filter(({ data }) => Buffer.from(data).includes('pkcs7-mime'));
    expect(copies).toHaveLength(1);
    expect(Buffer.from(decryptMessage(copies[0]!.data, fresh)).toString()).toContain('Secret');
    split.renewed = fresh;
  });

  it('day 600: who left the last list and comes back proves the certificate anew: somebody else may have the address', async () => {
    jumpTo(600);
    const pair = issue(bob, 600, 365);
    await write(bob, 'SUBSCRIBE board\n', pair);
    expect(await reader(bob, { pair })).toBe('pair');
    await mail.write(bob, 'SIGNOFF board\n');
    jumpTo(610);
    const out = await mail.write(bob, 'SUBSCRIBE board\n');
    expect(await reader(bob, { pair })).toBeUndefined();
    const asked = mailTo(
      out.filter(({ subject }) => subject.startsWith('AUTH')),
      bob,
    );
    const answered = await mail.answer(asked, bob);
    const copies = answered.filter(({ data }) => Buffer.from(data).includes('pkcs7-mime'));
    expect(copies).toHaveLength(1);
    expect(await reader(bob, { pair })).toBe('pair');
  });

  it('day 730: the history says it all', async () => {
    jumpTo(730);
    const histories = await site.withStore(async (store) => {
      const records = await store.certificates.ofAddress(alice);
      const all = await Promise.all(records.map(({ id }) => store.certificates.history(id)));
      return all.map((events) => events.map(({ status }) => status));
    });
    expect(histories).toContainEqual(['trusted', 'revoked']);
    expect(histories).toContainEqual(['trusted', 'superseded']);
  });
});
