import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificates } from '../../../src/pki/pem.ts';
import { message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const day = 86_400_000;

describe('story 12: certificates are caught from valid signatures, by key usage', () => {
  let site: TestSite;
  const folder = () => join(site.dir, 'expl/X509-user-certs');
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', ['alice@example.org'], ['send private']);
    await site.start();
  });
  afterAll(() => site.dispose());

  async function sendSigned(
    from: string,
    pair: TestIdentity,
    atMs: number,
    more: { address?: string; chain?: TestIdentity[] } = {},
  ) {
    const chain = (more.chain ?? []).map((one) => one.certificate);
    const raw = message(
      { from, to: more.address ?? to },
      signed(textEntity('Hello\r\n'), pair, { atMs, chain }),
    );
    await site.post(raw, { from: from.replace(/^.*<|>.*$/g, ''), to: more.address ?? to });
    await site.settled();
    await site.idle();
  }

  function kept(name: string): string | undefined {
    const path = join(folder(), name);
    return existsSync(path) ? readCertificates(readFileSync(path))[0]!.sha256 : undefined;
  }

  it('keeps a combined certificate under the plain address, even from a refused stranger', async () => {
    const eve = site.ca.issue({ address: 'eve@example.com', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('eve@example.com', eve, Date.now());
    expect(kept('eve@example.com')).toBe(eve.certificate.sha256);
  });

  it('keeps a split pair as @sign and @enc', async () => {
    const sign = site.ca.issue({ address: 'carol@example.com', use: 'sign', algorithm: 'ec-p256' });
    const enc = site.ca.issue({ address: 'carol@example.com', use: 'encrypt', algorithm: 'rsa-2048' });
    await sendSigned('carol@example.com', sign, Date.now(), { chain: [enc] });
    expect(kept('carol@example.com@sign')).toBe(sign.certificate.sha256);
    expect(kept('carol@example.com@enc')).toBe(enc.certificate.sha256);
  });

  it('lets the newest signing time win, not the newest arrival', async () => {
    const now = Date.now();
    const older = site.ca.issue({ address: 'alice@example.org', use: 'both', algorithm: 'rsa-2048' });
    const newer = site.ca.issue({ address: 'alice@example.org', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('alice@example.org', newer, now);
    await sendSigned('alice@example.org', older, now - day);
    expect(kept('alice@example.org')).toBe(newer.certificate.sha256);
  });

  it('believes no signing time from the future', async () => {
    const before = kept('alice@example.org');
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const future = site.ca.issue({ address: 'alice@example.org', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('alice@example.org', future, Date.now() + day);
    expect(kept('alice@example.org')).toBe(before);
  });

  it('keeps nothing of a signer who is not the sender, nor of an unknown CA', async () => {
    const names = readdirSync(folder()).sort();
    const eve = site.ca.issue({ address: 'eve2@example.com', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('alice@example.org', eve, Date.now());
    const stranger = site
      .otherCa()
      .issue({ address: 'mallory@example.com', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('mallory@example.com', stranger, Date.now());
    expect(readdirSync(folder()).sort()).toEqual(names);
  });

  it('writes no file outside of the folder, whatever the address', async () => {
    const names = readdirSync(folder()).sort();
    const address = '../../x/y@example.com';
    const pair = site.ca.issue({ address, use: 'both', algorithm: 'rsa-2048' });
    await sendSigned(`"${'../../x/y'}"@example.com`, pair, Date.now());
    await sendSigned(address, pair, Date.now());
    expect(existsSync(join(site.dir, 'x'))).toBe(false);
    expect(readdirSync(folder()).sort()).toEqual(names);
    // This one is an address, and is kept.
    const slash = site.ca.issue({ address: 'x/y@example.com', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('x/y@example.com', slash, Date.now());
    expect(kept('x_2fy@example.com')).toBe(slash.certificate.sha256);
    expect(readdirSync(folder()).sort()).toEqual([...names, 'x_2fy@example.com'].sort());
  });

  it('catches certificates at LIST-request too', async () => {
    const frank = site.ca.issue({ address: 'frank@example.com', use: 'both', algorithm: 'rsa-2048' });
    await sendSigned('frank@example.com', frank, Date.now(), { address: 'board-request@lists.example.org' });
    expect(kept('frank@example.com')).toBe(frank.certificate.sha256);
  });
});
