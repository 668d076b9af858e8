import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type DnsAnswering,
  encodeReply,
  smimeaData,
  startDnsServer,
  type TestDnsServer,
} from '../../test/kit/dns-server.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { wireNameOf } from './dns-name.ts';
import { findSmimea, isValidating } from './smimea.ts';

const owner = 'c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com';
const name = wireNameOf(owner)!;
const data = Buffer.from('a certificate, or what stands for one');
const record = { name: owner, type: 'SMIMEA', data: smimeaData([3, 0, 0], data) } as const;
const alias = (from: string, to: string) => ({ name: from, type: 'CNAME', data: to }) as const;

let server: TestDnsServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function found(answer: DnsAnswering, totalMs = 5_000) {
  server = await startDnsServer(answer);
  return findSmimea({ host: '127.0.0.1', port: server.port, totalMs }, name);
}

describe('SMIMEA records', () => {
  it('are given when the resolver calls them validated', async () => {
    const answer = await found(() => ({ records: [{ ...record, ttl: 77 }], isValidated: true }));
    const one = { usage: 'dane-ee', selector: 'certificate', matchingType: 'full', data };
    expect(answer).toEqual({ status: 'found', records: [one], ttlSeconds: 77 });
  });

  it('are asked for by their type, with recursion, AD and DO, and 1,232 octets at most by UDP', async () => {
    await found(() => ({}));
    const { packet, type, name: asked, transport } = server!.seen[0]!;
    expect(asked.toLowerCase()).toBe(owner);
    expect([type, transport]).toEqual(['UNKNOWN_53', 'udp']);
    expect(packet).toMatchObject({ type: 'query', flag_rd: true, flag_ad: true, flag_cd: false });
    expect(packet.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232, flag_do: true }]);
  });

  it('are asked for with another identifier, other letters and another port each time', async () => {
    await found(() => ({}));
    const { port, seen } = server!;
    for (let i = 0; i < 8; i++) await findSmimea({ host: '127.0.0.1', port, totalMs: 5_000 }, name);
    expect(new Set(seen.map((query) => query.port)).size).toBeGreaterThan(5);
    expect(new Set(seen.map(({ id }) => id)).size).toBeGreaterThan(5);
    expect(new Set(seen.map((query) => query.name)).size).toBeGreaterThan(5);
  });

  it('are not given when the resolver does not call them validated', async () => {
    expect(await found(() => ({ records: [record] }))).toEqual({ status: 'not-validated' });
  });

  it.each([
    ['an answer without records', {}],
    ['a name that does not exist', { code: 3 }],
    ['records of another name', { records: [{ ...record, name: 'else.example.com' }], isValidated: true }],
    ['a record too short', { records: [{ ...record, data: Buffer.from([3, 0, 0]) }], isValidated: true }],
    ['an unknown usage', { records: [{ ...record, data: smimeaData([4, 0, 0], data) }], isValidated: true }],
  ])('are none: %s', async (_what, reply) => {
    expect(await found(() => reply)).toEqual({ status: 'none' });
  });

  it('a failure of the resolver, as with a forged answer, is a failure, and may pass', async () => {
    const failing = found(() => ({ code: 2 }));
    await expect(failing).rejects.toMatchObject({ code: 'resolver-failure', temporary: true });
  });

  it('a refusal is a failure', async () => {
    await expect(found(() => ({ code: 5 }))).rejects.toMatchObject({ code: 'resolver-refused' });
  });

  it('an answer that is too long for a datagram is asked for by TCP', async () => {
    const long = { ...record, data: smimeaData([3, 0, 0], Buffer.alloc(30_000, 7)) };
    const answer = await found(({ transport }) =>
      transport === 'udp' ? { isTruncated: true } : { records: [long], isValidated: true },
    );
    expect(answer).toMatchObject({ status: 'found', records: [{ data: Buffer.alloc(30_000, 7) }] });
    expect(server!.seen.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
  });

  it('a truncated answer counts for nothing, whatever it holds', async () => {
    const truncated = { records: [record], isValidated: true, isTruncated: true };
    await expect(found(() => truncated)).rejects.toMatchObject({ code: 'resolver-bad-answer' });
  });

  it.each([
    ['of another identifier', (id: number) => ({ id: id ^ 1 })],
    ['to another question', () => ({ name: 'else.example.com' })],
    ['whose letters are not those of the question', () => ({ name: owner.toUpperCase() })],
  ])('an answer %s is not looked at, and the true one is waited for', async (_what, forged) => {
    const lie = { ...record, data: smimeaData([3, 0, 0], Buffer.from('a lie')) };
    const answer = await found(({ id }) => [
      { ...forged(id), records: [lie], isValidated: true },
      { records: [record], isValidated: true },
    ]);
    expect(answer).toMatchObject({ status: 'found', records: [{ data }] });
  });

  it('a datagram from elsewhere is not looked at', async () => {
    const stranger = createSocket('udp4');
    const lie = { ...record, data: smimeaData([3, 0, 0], Buffer.from('a lie')) };
    const answer = await found((query) => {
      if (server!.seen.length > 1) return { records: [record], isValidated: true };
      // All of the question is known to the forger, and the true answer is late.
      stranger.send(encodeReply(query, { records: [lie], isValidated: true }), query.port, '127.0.0.1');
      return undefined;
    }, 2_000);
    stranger.close();
    expect(answer).toMatchObject({ status: 'found', records: [{ data }] });
    expect(server!.seen.map(({ transport }) => transport)).toEqual(['udp', 'udp']);
  });

  it('CNAMEs are followed within the answer, and the shortest time counts', async () => {
    const answer = await found(() => ({
      records: [
        { ...alias(owner, 'Pool.example.net'), ttl: 60 },
        alias('pool.example.net', 'x.example.net'),
        { ...record, name: 'X.example.net' },
      ],
      isValidated: true,
    }));
    expect(answer).toMatchObject({ status: 'found', records: [{ data }], ttlSeconds: 60 });
  });

  it('CNAMEs in a circle end', async () => {
    const circle = [alias(owner, 'a.example'), alias('a.example', owner)];
    const asked = found(() => ({ records: circle, isValidated: true }));
    await expect(asked).rejects.toMatchObject({ code: 'resolver-bad-answer' });
  });

  it('a CNAME that leads nowhere is no record', async () => {
    const answer = await found(() => ({ records: [alias(owner, 'a.example')], isValidated: true }));
    expect(answer).toEqual({ status: 'none' });
  });

  it('no more than sixteen are looked at, and an answer with hundreds is not taken', async () => {
    const many = (count: number) => ({
      records: Array.from({ length: count }, (_, i) => ({
        ...record,
        data: smimeaData([3, 0, 1], Buffer.from([i])),
      })),
      isValidated: true,
    });
    const answer = await found(() => many(40));
    expect(answer.status === 'found' && answer.records).toHaveLength(16);
    server!.answer = ({ transport }) => (transport === 'tcp' ? many(200) : { isTruncated: true });
    const { port } = server!;
    await expect(findSmimea({ host: '127.0.0.1', port, totalMs: 5_000 }, name)).rejects.toMatchObject({
      code: 'resolver-bad-answer',
    });
  });

  it('junk is not waited for longer than the time allows', async () => {
    const begun = performance.now();
    const silent = found(({ transport }) => (transport === 'udp' ? Buffer.alloc(40, 0xff) : undefined), 600);
    await expect(silent).rejects.toMatchObject({ code: 'resolver-timeout', temporary: true });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('a resolver that is not there is out of reach', async () => {
    const asked = findSmimea({ host: '127.0.0.1', port: await freePort(), totalMs: 2_000 }, name);
    await expect(asked).rejects.toMatchObject({ code: 'resolver-unreachable', temporary: true });
  });
});

describe('a resolver', () => {
  const root = { name: '.', type: 'SOA', data: '' } as const;
  it.each([
    ['validates when it says so of the root', { records: [root], isValidated: true }, true],
    ['does not validate when it does not say so', { records: [root] }, false],
    ['does not validate when it knows no root', { isValidated: true }, false],
  ])('%s', async (_what, reply, expected) => {
    server = await startDnsServer(() => reply);
    expect(await isValidating({ host: '127.0.0.1', port: server.port, totalMs: 5_000 })).toBe(expected);
  });
});
