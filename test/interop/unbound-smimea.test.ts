import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wireNameOf } from '../../src/directory/dns-name.ts';
import { findSmimea } from '../../src/directory/smimea.ts';
import { formatSmimeaLine, smimeaNameOf } from '../../src/trust/smimea-name.ts';
import { makeTestCa } from '../kit/ca.ts';
import { hasProgram } from '../kit/programs.ts';
import { startUnbound, type TestUnbound } from '../kit/unbound.ts';

const ca = makeTestCa();
const small = ca.issue({ address: 'ann@example.org', algorithm: 'ec-p256' }).certificate;
const large = ca.issue({ address: 'bob@example.org', algorithm: 'rsa-4096' }).certificate;

const nameOf = (address: string) => smimeaNameOf(address)!;
/** As `ssympa list key smimea` writes it. */
const lineOf = (address: string, data: Uint8Array) =>
  formatSmimeaLine(nameOf(address), {
    usage: 'dane-ee',
    selector: 'certificate',
    matchingType: 'full',
    data,
  });

const zones = [
  {
    name: 'example.org',
    isSigned: true,
    lines: [
      lineOf('ann@example.org', small.der),
      lineOf('bob@example.org', large.der),
      `${nameOf('alias@example.org')}. IN CNAME ${nameOf('ann@example.org')}.`,
      '_smimecert.staff.example.org. IN DNAME _smimecert.example.org.',
    ],
  },
  { name: 'plain.example', isSigned: false, lines: [lineOf('ann@plain.example', small.der)] },
  {
    name: 'forged.example',
    isSigned: true,
    lines: [lineOf('ann@forged.example', small.der)],
    // Each octet of the certificate that is 03 becomes 04.
    forge: (text: string) =>
      text.replace(/(SMIMEA\s+3 0 0\s+)([0-9a-f]+)/i, (_all, head, hex) => head + hex.replaceAll('03', '04')),
  },
];

describe.skipIf(!hasProgram('unbound') || !hasProgram('ldns-signzone'))(
  'SMIMEA records from unbound, of zones that ldns signed',
  () => {
    let unbound: TestUnbound;
    beforeAll(async () => {
      unbound = await startUnbound(zones);
    });
    afterAll(() => unbound?.stop());
    const ask = (address: string) =>
      findSmimea({ host: '127.0.0.1', port: unbound.port, totalMs: 10_000 }, wireNameOf(nameOf(address))!);

    it.each([
      ['that fits into a datagram', 'ann@example.org', small],
      ['that comes by TCP', 'bob@example.org', large],
      ['behind a CNAME', 'alias@example.org', small],
      ['behind a DNAME', 'ann@staff.example.org', small],
    ])('a certificate %s, from the line that we write', async (_what, address, { der }) => {
      const records = [
        { usage: 'dane-ee', selector: 'certificate', matchingType: 'full', data: Buffer.from(der) },
      ];
      expect(await ask(address)).toMatchObject({ status: 'found', records });
    });

    it('nobody of that name', async () => {
      expect(await ask('nobody@example.org')).toEqual({ status: 'none' });
    });

    it('a zone that is not signed', async () => {
      expect(await ask('ann@plain.example')).toEqual({ status: 'not-validated' });
    });

    it('a record that was changed after it was signed', async () => {
      await expect(ask('ann@forged.example')).rejects.toMatchObject({ code: 'resolver-failure' });
    });
  },
);
