import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planPackets, takesVerp } from './packets.ts';

const address = fc
  .tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.constantFrom('a.example', 'b.example', 'c.example'))
  .map(([local, domain]) => `${local}@${domain}`);

describe('the packets of a distribution', () => {
  it('hold everybody once, and no more than one transaction takes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(address, { maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('owner', 'verp', 'null'),
        (addresses, nrcpt, envelope) => {
          const planned = planPackets(addresses, { seal: null, envelope, verpRate: 0 }, nrcpt);
          expect(planned.map((one) => one.address).sort()).toEqual(addresses.toSorted());
          const sizes = Map.groupBy(planned, (one) => one.packet);
          const most = envelope === 'verp' ? 50 : nrcpt;
          for (const packet of sizes.values()) expect(packet.length).toBeLessThanOrEqual(most);
          expect([...sizes.keys()]).toEqual([...sizes.keys()].map((_, i) => i));
        },
      ),
    );
  });

  it('put neighbours by domain together', () => {
    const planned = planPackets(
      ['a@x.example', 'a@y.example', 'b@x.example', 'b@y.example'],
      { seal: null, envelope: 'owner', verpRate: 0 },
      2,
    );
    expect(planned.map((one) => [one.address, one.packet])).toEqual([
      ['a@x.example', 0],
      ['b@x.example', 0],
      ['a@y.example', 1],
      ['b@y.example', 1],
    ]);
  });
});

describe('the share of return addresses of their own', () => {
  const people = Array.from({ length: 2_000 }, (_, i) => `person${i}@example.org`);

  it('is nobody at 0, everybody at 100, and about what is asked for between', () => {
    const share = (rate: number) => people.filter((one) => takesVerp(one, 7, rate)).length;
    expect([share(0), share(100)]).toEqual([0, 2_000]);
    expect(Math.abs(share(20) - 400)).toBeLessThan(120);
  });

  it('comes to everybody within a hundred posts, however small', () => {
    const never = people.filter(
      (one) => !Array.from({ length: 100 }, (_, i) => i).some((n) => takesVerp(one, n, 1)),
    );
    expect(never).toEqual([]);
  });
});
