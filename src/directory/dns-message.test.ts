import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeReply } from '../../test/kit/dns-server.ts';
import { formatDnsQuery, parseDnsAnswer } from './dns-message.ts';
import { comparable, readWireName, wireNameOf } from './dns-name.ts';
import { DirectoryError } from './error.ts';

const query = { id: 7, name: 'a.example', type: 'UNKNOWN_53' };
const failsWith = (bytes: Uint8Array) => () => parseDnsAnswer(bytes);
const badAnswer = expect.objectContaining({ code: 'resolver-bad-answer' });

/** Puts octets in the place of others. */
function patched(bytes: Uint8Array, at: number, ...octets: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(octets, at < 0 ? copy.length + at : at);
  return copy;
}

describe('a name', () => {
  it('has no form where a label is empty or too long, or the whole is', () => {
    expect(wireNameOf('a..example')).toBeUndefined();
    expect(wireNameOf(`${'a'.repeat(64)}.example`)).toBeUndefined();
    expect(wireNameOf(Array(64).fill('abc').join('.'))).toBeUndefined();
    expect(wireNameOf(Array(63).fill('abc').join('.'))).toHaveLength(253);
    expect(wireNameOf('.')).toBe('\0');
  });

  it('with a dot in a label is another than one with a dot between labels', () => {
    const dotted = readWireName(Buffer.from('\x03a.b\x00', 'latin1'), 0).name;
    expect(dotted).not.toBe(wireNameOf('a.b'));
  });

  it('compares without regard to the case of its letters', () => {
    expect(comparable(wireNameOf('Ex.ORG')!)).toBe(wireNameOf('ex.org'));
  });

  it.each([
    ['points at itself', [0xc0, 0]],
    ['points forwards', [0xc0, 2, 1, 97, 0]],
    ['points beyond the end', [0xff, 0xff]],
    ['ends within a label', [5, 97]],
    ['ends within a pointer', [0xc0]],
    ['ends without an end', [1, 97]],
    ['has a label of an unknown form', [0x41, 97, 0]],
  ])('is not read that %s', (_what, octets) => {
    expect(() => readWireName(Uint8Array.from(octets), 0)).toThrow(badAnswer);
  });

  it('is not read that is longer than a name may be', () => {
    expect(() => readWireName(Buffer.alloc(300, '\x01a'), 0)).toThrow(badAnswer);
  });
});

describe('a query', () => {
  it('is what another program reads', () => {
    const packet = dnsPacket.decode(
      Buffer.from(formatDnsQuery(0xabcd, { name: wireNameOf('x.example')!, type: 6 })),
    );
    expect(packet).toMatchObject({ id: 0xabcd, type: 'query', opcode: 'QUERY' });
    expect(packet.questions).toEqual([{ name: 'x.example', type: 'SOA', class: 'IN' }]);
  });
});

describe('an answer', () => {
  const answer = encodeReply(query, {
    records: [{ name: 'a.example', type: 'SMIMEA', data: Buffer.from([3, 0, 0, 1]), ttl: 5 }],
    isValidated: true,
  });

  it('is read', () => {
    const owner = wireNameOf('a.example')!;
    expect(parseDnsAnswer(answer)).toEqual({
      id: 7,
      question: { name: owner, type: 53 },
      isTruncated: false,
      isAuthenticated: true,
      responseCode: 0,
      records: [{ owner, type: 53, ttlSeconds: 5, data: Buffer.from([3, 0, 0, 1]) }],
    });
  });

  it('leaves out records of other classes, and takes no negative time', () => {
    const fields = answer.length - 4 - 10;
    expect(parseDnsAnswer(patched(answer, fields + 2, 0, 3)).records).toEqual([]);
    expect(parseDnsAnswer(patched(answer, fields + 4, 0xff)).records[0]?.ttlSeconds).toBe(0);
  });

  it.each([
    ['is a query', patched(answer, 2, 0)],
    ['is of another operation', patched(answer, 2, 0xa0)],
    ['has two questions', patched(answer, 4, 0, 2)],
    ['has no question', patched(answer, 4, 0, 0)],
    ['is of another class', patched(answer, 26, 3)],
    ['has more records than it says', patched(answer, 6, 0, 9)],
    ['has records by the thousand', patched(answer, 6, 0xff, 0xff)],
    ['says that a record is longer than the answer', patched(answer, -6, 0xff, 0xff)],
    ['is empty', new Uint8Array(0)],
  ])('is not taken that %s', (_what, bytes) => {
    expect(failsWith(bytes)).toThrow(badAnswer);
  });

  it('is a value or a typed error, whatever comes', () => {
    const cut = fc.tuple(fc.nat(answer.length), fc.uint8Array({ maxLength: 60 }), fc.boolean());
    fc.assert(
      fc.property(cut, ([at, junk, keepsTail]) => {
        const bytes = Buffer.concat([
          answer.subarray(0, at),
          junk,
          keepsTail ? answer.subarray(at) : Buffer.alloc(0),
        ]);
        try {
          parseDnsAnswer(bytes);
        } catch (error) {
          if (!(error instanceof DirectoryError)) throw error;
        }
      }),
    );
  });
});
