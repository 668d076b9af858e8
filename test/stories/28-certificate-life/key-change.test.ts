import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa } from '../../kit/ca.ts';
import { Correspondence, commandAddress, mailTo } from '../../kit/command-mail.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { linesLog, TestSite } from '../../kit/site.ts';

const board = 'board@lists.example.org';
const alice = 'alice@example.org';
const minute = 60_000;

/** Standards §5.3: any trusted authority may certify any address, and mail must not follow it. */
describe('story 28: another certificate of a person waits, and mail goes on to the pinned one', () => {
  let site: TestSite;
  let mail: Correspondence;
  let lists: TestIdentity;
  let poster: TestIdentity;
  let secondCa: TestCa;
  const log = linesLog();
  beforeAll(async () => {
    site = await TestSite.make({ log });
    secondCa = makeTestCa({ name: 'Lax CA' });
    appendFileSync(join(site.dir, 'ca.pem'), secondCa.pem);
    const members = ['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => `${name}@example.org`);
    await site.list('board', ['poster@example.org', ...members], ['send privateorpublickey']);
    lists = site.listKey('board');
    poster = await site.person('poster@example.org');
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const own = (address: string, more: object = {}) =>
    site.ca.issue({ address, algorithm: 'rsa-2048', fresh: true, ...more });
  const foreign = (address: string, more: object = {}) =>
    secondCa.issue({ address, algorithm: 'rsa-2048', fresh: true, ...more });
  const hello = (from: string, pair: object, atMs = Date.now(), chain: readonly TestIdentity[] = []) => {
    const certificates = chain.map(({ certificate }) => certificate);
    const entity = signed(textEntity('Hello\r\n'), pair as TestIdentity, { atMs, chain: certificates });
    return mail.send(message({ from, to: board }, entity), from, board);
  };
  const statuses = (address: string) =>
    site.withStore(async (store) => {
      const records = await store.certificates.ofAddress(address);
      return new Map(records.map(({ sha256, status }) => [sha256, status]));
    });
  const statusOf = async (pair: TestIdentity, address: string) =>
    (await statuses(address)).get(pair.certificate.sha256);

  /** Tells whose key reads the copy of a post that came encrypted. */
  async function readers(address: string, pairs: readonly TestIdentity[]): Promise<readonly boolean[]> {
    const from = 'poster@example.org';
    const inner = signed(textEntity('Secret\r\n'), poster);
    const out = await mail.send(
      message({ from, to: board }, encrypted(inner, lists.certificate)),
      from,
      board,
    );
    const copy = mailTo(
      out.filter(({ to, data }) => to.includes(address) && Buffer.from(data).includes('pkcs7-mime')),
      address,
    );
    return pairs.map((pair) => {
      try {
        return Buffer.from(decryptMessage(copy.data, pair)).includes('Secret');
      } catch {
        return false;
      }
    });
  }

  it('a certificate of another authority verifies, is pending, and is not encrypted to; a key to the address switches', async () => {
    const [first, second] = [own(alice), foreign(alice)];
    await hello(alice, first, Date.now() - 9 * minute);
    const out = await hello(alice, second, Date.now() - 8 * minute);
    expect(await statusOf(second, alice)).toBe('pending');
    expect(await readers(alice, [first, second])).toEqual([true, false]);
    const asked = mailTo(
      out.filter(({ subject }) => subject.startsWith('AUTH')),
      alice,
    );
    expect(asked.text.replaceAll('\n', ' ')).toContain('CN=Lax CA');
    expect(asked.text).toContain(second.certificate.sha256);
    const told = await mail.answer(asked, alice);
    expect(told.map(({ subject }) => subject)).toContain(
      'Your certificate at lists.example.org was replaced',
    );
    expect([await statusOf(first, alice), await statusOf(second, alice)]).toEqual(['superseded', 'trusted']);
    expect(await readers(alice, [first, second])).toEqual([false, true]);
  });

  it('asks once, however often the certificate comes, and takes the key from nobody else', async () => {
    const bob = 'bob@example.org';
    const [first, second] = [own(bob), foreign(bob)];
    await hello(bob, first, Date.now() - 9 * minute);
    const asked = (await hello(bob, second, Date.now() - 8 * minute)).filter(({ subject }) =>
      subject.startsWith('AUTH'),
    );
    expect(asked).toHaveLength(1);
    const again = await hello(bob, second, Date.now() - 7 * minute);
    expect(again.filter(({ subject }) => subject.startsWith('AUTH'))).toEqual([]);
    await mail.answer(asked[0]!, 'mallory@example.org');
    expect(await statusOf(second, bob)).toBe('pending');
  });

  it('a command signed with the old key confirms it, one signed with the new key does not', async () => {
    const carol = 'carol@example.org';
    const [first, second] = [own(carol), foreign(carol)];
    await hello(carol, first, Date.now() - 9 * minute);
    await hello(carol, second, Date.now() - 8 * minute);
    const command = `CONFIRM-CERTIFICATE ${second.certificate.sha256.slice(0, 40)}\n`;
    const refused = await mail.writeEntity(carol, signed(textEntity(command), second));
    expect(refused.some(({ subject }) => subject.startsWith('AUTH'))).toBe(true);
    expect(await statusOf(second, carol)).toBe('pending');
    expect(await readers(carol, [first, second])).toEqual([true, false]);
    await mail.writeEntity(carol, signed(textEntity(command), first));
    expect(await statusOf(second, carol)).toBe('trusted');
    expect(await readers(carol, [first, second])).toEqual([false, true]);
  });

  it('a signature of the old key that names the new certificate confirms it; one merely in the message does not', async () => {
    const dave = 'dave@example.org';
    const first = own(dave);
    const [stuffed, named] = [foreign(dave, { use: 'encrypt' }), foreign(dave, { use: 'encrypt' })];
    await hello(dave, first, Date.now() - 9 * minute);
    await hello(dave, first, Date.now() - 8 * minute, [stuffed]);
    expect(await statusOf(stuffed, dave)).toBeUndefined();
    await hello(dave, { ...first, encryptionCertificate: named.certificate }, Date.now() - 7 * minute);
    expect(await statusOf(named, dave)).toBe('trusted');
    expect(await readers(dave, [first, named])).toEqual([false, true]);
  });

  it('a preference for a certificate of another address, or of no trusted authority, is not followed, and logged', async () => {
    const erin = 'erin@example.org';
    const first = own(erin);
    const strange = site.otherCa().issue({ address: erin, algorithm: 'rsa-2048', fresh: true });
    for (const other of [own('mallory@example.org'), strange])
      await hello(erin, { ...first, encryptionCertificate: other.certificate });
    expect([...(await statuses(erin)).keys()]).toEqual([first.certificate.sha256]);
    const logged = log.lines.filter((line) => line.includes('preferred certificate not kept'));
    expect(logged.map((line) => JSON.parse(line).code)).toEqual(['of-another-address', 'without-path']);
  });

  it('mail that comes again rolls nothing back, and mail of tomorrow changes nothing', async () => {
    const fred = 'fred@example.org';
    const [older, newer, tomorrow] = [own(fred), own(fred), own(fred)];
    const entity = signed(textEntity('Old\r\n'), older, { atMs: Date.now() - 9 * minute });
    const raw = message({ from: fred, to: commandAddress, messageId: '<old@example.org>' }, entity);
    await mail.send(raw, fred, commandAddress);
    await hello(fred, newer, Date.now() - 8 * minute);
    const replayed = message({ from: fred, to: commandAddress, messageId: '<again@example.org>' }, entity);
    await mail.send(replayed, fred, commandAddress);
    expect(await statusOf(newer, fred)).toBe('trusted');
    expect(await statusOf(older, fred)).toBe('superseded');
    await hello(fred, tomorrow, Date.now() + 24 * 60 * minute);
    expect(await statusOf(tomorrow, fred)).toBeUndefined();
  });
});
