import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smimeaNameOf } from '../../../src/trust/smimea-name.ts';
import { makeTestCa } from '../../kit/ca.ts';
import { type DnsAnswering, smimeaData, startDnsServer, type TestDnsServer } from '../../kit/dns-server.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const board = 'board@lists.example.org';
const poster = 'poster@example.org';
const dave = 'dave@example.org';
const nobody = 'nobody@example.org';
const hour = 3_600_000;

/** Nobody here trusts it: the record alone stands for its certificates. */
const stranger = makeTestCa({ name: 'Stranger' });
const pair = stranger.issue({ address: dave, algorithm: 'rsa-2048' });
const successor = stranger.issue({ address: dave, algorithm: 'rsa-2048', fresh: true });

/** A zone with one record, which is too long for a datagram. */
const zoneOf =
  (identity: TestIdentity, isValidated = true): DnsAnswering =>
  ({ transport, name }) => {
    if (name.toLowerCase() !== smimeaNameOf(dave)) return { code: 3 };
    if (transport === 'udp') return { isTruncated: true };
    const data = smimeaData([3, 0, 0], identity.certificate.der);
    return { records: [{ name, type: 'SMIMEA', data, ttl: 7_200 }], isValidated };
  };

let dns: TestDnsServer;
let site: TestSite;
let list: TestIdentity;
let offsetMs: number;
const clock = { now: () => Date.now() + offsetMs };

beforeEach(async () => {
  offsetMs = 0;
  dns = await startDnsServer(zoneOf(pair));
  const conf = [`smimea_resolver 127.0.0.1:${dns.port}`, 'smimea_timeout 2s'];
  site = await TestSite.make({ conf, clock, housekeepingPauseMs: 300 });
  await site.list('board', [poster, dave, nobody], ['send privateorpublickey']);
  list = site.listKey('board');
});
afterEach(async () => {
  await site?.dispose();
  await dns?.stop();
});

async function postSecret(): Promise<void> {
  const inner = signed(textEntity('Secret\r\n'), await site.person(poster));
  const raw = message({ from: poster, to: board }, encrypted(inner, list.certificate));
  expect(await site.post(raw, { from: poster, to: board })).toMatchObject({ code: 250 });
  expect(await site.settled()).toBe('distributed');
}

const statuses = () =>
  site.withStore(async (store) =>
    (await store.certificates.ofAddress(dave)).map(({ source, status }) => [source, status]),
  );

describe('story 28: missing certificates come from the DNS', () => {
  it('the post waits for the answer and goes out, sealed; who has no record waits and is told', async () => {
    await site.start();
    await postSecret();
    await site.sink.waitForRecipients([dave, nobody]);
    const copies = site.sink.messages.filter(({ recipients }) => recipients.includes(dave));
    expect(copies).toHaveLength(1);
    expect(Buffer.from(decryptMessage(copies[0]!.data, pair)).toString()).toContain('Secret');
    expect(await statuses()).toEqual([['smimea', 'trusted']]);
    const waiting = await site.withStore((store) => store.deliveries.waiting({}));
    expect(waiting.map(({ address }) => address)).toEqual([nobody]);
  });

  it('a record that DNSSEC does not validate is not used', async () => {
    dns.answer = zoneOf(pair, false);
    await site.start();
    await postSecret();
    await site.sink.waitForRecipients([dave, nobody]);
    expect(await statuses()).toEqual([]);
    const waiting = await site.withStore((store) => store.deliveries.waiting({}));
    expect(waiting.map(({ address }) => address).sort()).toEqual([dave, nobody]);
  });

  it('is asked again when the time of the record is over: another comes into use, one that is gone goes out', async () => {
    await site.start();
    await postSecret();
    await site.sink.waitForRecipients([dave, nobody]);
    dns.answer = zoneOf(successor);
    offsetMs = 3 * hour;
    await expect.poll(statuses, { timeout: 20_000 }).toEqual([
      ['smimea', 'superseded'],
      ['smimea', 'trusted'],
    ]);
    dns.answer = () => ({ code: 2 });
    offsetMs = 6 * hour;
    const failed = async () =>
      (await site.withStore((store) => store.jobs.list())).some(
        ({ kind, attempts }) => kind === 'look-up-certificates' && attempts > 0,
      );
    await expect.poll(failed, { timeout: 20_000 }).toBe(true);
    expect((await statuses()).at(-1)).toEqual(['smimea', 'trusted']);
    dns.answer = () => ({ code: 3 });
    offsetMs = 7 * hour;
    await expect.poll(statuses, { timeout: 20_000 }).toEqual([
      ['smimea', 'superseded'],
      ['smimea', 'superseded'],
    ]);
  });
});
