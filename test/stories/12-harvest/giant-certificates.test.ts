import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derValue } from '../../../src/pki/der.ts';
import { issueCertificate } from '../../../src/pki/issue.ts';
import { makeName } from '../../../src/pki/name.ts';
import { oids } from '../../../src/pki/oid.ts';
import type { TestIdentity } from '../../kit/ca.ts';
import { runCli } from '../../kit/cli.ts';
import { cpuNow } from '../../kit/cpu-time.ts';
import { forgeSigned } from '../../kit/forge-cms.ts';
import { startHttpServer, type TestHttpServer } from '../../kit/http-server.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const mallory = 'mallory@example.com';
const names = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ rfc822Name: `victim${i}@example.org` }));

/** Addresses in DER (RFC 5280 §4.2.1.6), mallory's first; our writer has no room for so many. */
function altNames(count: number): Uint8Array {
  const all = [{ rfc822Name: mallory }, ...names(count - 1)];
  const bytes = Buffer.concat(
    all.map(({ rfc822Name }) => Buffer.from([0x81, rfc822Name.length, ...Buffer.from(rfc822Name)])),
  );
  return derValue(0x30, bytes);
}

/** What makes each of them a giant. */
const giants = {
  '100,000 addresses': {
    others: [{ oid: oids.subjectAltName, critical: false, value: altNames(100_000) }],
  },
  '20,000 addresses in less than a megabyte': {
    subjectAltName: [{ rfc822Name: mallory }, ...names(20_000)],
  },
  'an extension of 16 MB': {
    subjectAltName: [{ rfc822Name: mallory }],
    others: [{ oid: '1.3.6.1.4.1.99999.1', critical: false, value: new Uint8Array(16 << 20) }],
  },
} as const;

describe('story 12: giant certificates bring nothing and cost little', () => {
  let site: TestSite;
  let server: TestHttpServer;
  beforeAll(async () => {
    server = await startHttpServer((_, response) => response.end('no list'));
    site = await TestSite.make({ conf: ['fetch_private_hosts 127.0.0.1'] });
    await site.list('board', ['alice@example.org'], ['send private', 'max_size 70000000']);
    await site.start();
  });
  afterAll(async () => {
    await site.dispose();
    await server.close();
  });

  /** A certificate that the authority of the site really signed, over keys of mallory. */
  function giantOf(keys: Pick<TestIdentity, 'publicKey'>, name: keyof typeof giants): Uint8Array {
    return issueCertificate({
      subject: makeName([[oids.commonName, 'mallory']]),
      issuer: site.ca.name,
      serialNumber: Date.now(),
      notBeforeMs: site.ca.nowMs - 1_000,
      notAfterMs: site.ca.nowMs + 3_600_000,
      publicKey: keys.publicKey,
      signingKey: site.ca.privateKey,
      extensions: {
        keyUsage: ['keyEncipherment', 'digitalSignature'],
        extendedKeyUsage: [oids.emailProtection],
        crlDistributionPoints: [{ fullName: [{ uri: `${server.base}/list.crl` }] }],
        ...giants[name],
      },
    });
  }

  function mailOf(signer: TestIdentity, certificates: readonly { readonly der: Uint8Array }[]): Buffer {
    const content = Buffer.from('Content-Type: text/plain\r\n\r\nHello\r\n');
    const head = [
      `From: ${mallory}`,
      `To: ${to}`,
      'Subject: giants',
      `Message-ID: <${Math.random()}@example.com>`,
      'Date: Tue, 24 Nov 2026 10:00:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m',
      'Content-Transfer-Encoding: base64',
    ].join('\r\n');
    const body = Buffer.from(forgeSigned({ signer, content, certificates }))
      .toString('base64')
      .replaceAll(/.{76}/g, '$&\r\n');
    return Buffer.from(`${head}\r\n\r\n${body}\r\n`);
  }

  async function send(raw: Buffer) {
    const before = { cpu: cpuNow(), peak: process.resourceUsage().maxRSS };
    const { status } = await site.post(raw, { from: mallory, to });
    await site.settled();
    await site.idle();
    expect(status).toBe('sent');
    return {
      seconds: (cpuNow() - before.cpu) / 1_000,
      megabytes: (process.resourceUsage().maxRSS - before.peak) / 1_024,
      size: raw.length / (1 << 20),
    };
  }
  const stored = () => site.withStore((store) => store.certificates.list());

  it.each(
    Object.keys(giants) as (keyof typeof giants)[],
  )('%s: neither beside a good signature nor as that of the signer', async (name) => {
    const known = (await stored()).length;
    const keys = site.ca.issue({ address: mallory, algorithm: 'ec-p256', fresh: true });
    const der = giantOf(keys, name);
    const asSigner = await send(mailOf(keys, [{ der }]));
    expect(await stored()).toHaveLength(known);
    const honest = site.ca.issue({ address: mallory, use: 'sign', algorithm: 'ec-p256' });
    const beside = await send(mailOf(honest, [honest.certificate, { der }]));
    expect((await stored()).map(({ sha256 }) => sha256)).toContain(honest.certificate.sha256);
    expect((await stored()).length).toBe(known + 1);
    for (const { seconds, megabytes, size } of [asSigner, beside]) {
      expect(seconds).toBeLessThan(15);
      expect(megabytes).toBeLessThan(64 + 16 * size);
    }
    await runCli(['crl', 'update', '--conf', site.confFile], { cwd: site.dir });
    expect(server.asked).toEqual([]);
  }, 120_000);

  it('asks that very server for a list once a certificate that counts names it', async () => {
    const extensions = { crlDistributionPoints: [{ fullName: [{ uri: `${server.base}/list.crl` }] }] };
    const pair = site.ca.issue({ address: mallory, algorithm: 'ec-p256', extensions });
    await send(mailOf(pair, [pair.certificate]));
    await runCli(['crl', 'update', '--conf', site.confFile], { cwd: site.dir });
    expect(server.asked).toEqual(['/list.crl']);
  });
});
