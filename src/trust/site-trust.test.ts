import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite } from '../config/site.ts';
import { silentLog } from '../log.ts';
import { formatPem } from '../pki/pem.ts';
import { SiteTrust } from './site-trust.ts';

describe('the trust of a site', () => {
  let made: FolderSite;
  const [site, domain, list] = ['Site', 'Domain', 'List'].map((name) => makeTestCa({ name })) as [
    TestCa,
    TestCa,
    TestCa,
  ];
  beforeEach(async () => {
    made = await makeFolderSite(['cafile site.pem', 'crl_dir crls']);
    made.write('site.pem', site.pem);
    made.write('domain.pem', domain.pem);
    made.write('list.pem', list.pem);
  });
  afterEach(() => made.dispose());

  const named = async (target?: Parameters<SiteTrust['for']>[0]) => {
    const trust = new SiteTrust(await loadSite(made.site.file), silentLog);
    return (await trust.for(target)).trustAnchors.map(({ sha256 }) => sha256);
  };
  const digest = (ca: TestCa) => [ca.certificate.sha256];

  it('holds for each list and domain that names no anchors of its own', async () => {
    const robot = made.site.robots[1]!;
    expect(await named()).toEqual(digest(site));
    expect(await named({ robot })).toEqual(digest(site));
    expect(await named({ robot, config: {} as never })).toEqual(digest(site));
  });

  it('is replaced by the anchors of a domain, and those by the anchors of a list', async () => {
    made.write('etc/other.example/robot.conf', 'listmaster chief@other.example\ncafile domain.pem\n');
    const robot = (await loadSite(made.site.file)).robots[1]!;
    expect(await named({ robot })).toEqual(digest(domain));
    const own = await made.lists.create({
      name: 'own',
      owners: ['ann@example.org'],
      parameters: { cafile: 'list.pem' },
    });
    expect(await named(own)).toEqual(digest(list));
    expect(await named({ robot, config: own.config })).toEqual(digest(list));
  });

  it('fails for a list whose file is missing, and for no other', async () => {
    const target = { config: { cafile: 'gone.pem', capath: undefined } };
    await expect(named(target)).rejects.toMatchObject({ code: 'trust-file-unreadable' });
    expect(await named()).toEqual(digest(site));
  });

  it('has the lists of crl_dir, and what crl_policy says of missing ones', async () => {
    made.write('crls/one', site.crlPem());
    writeFileSync(join(made.dir, 'crls/two'), list.crl());
    made.write('crls/README', 'nothing');
    const found = await new SiteTrust(made.site, silentLog).for();
    expect([found.crls.length, found.crlCheck]).toEqual([2, 'present']);
    for (const [policy, crlCheck, count] of [
      ['require', 'require', 2],
      ['off', 'off', 0],
    ] as const) {
      made.write(
        'sympa.conf',
        `domain example.org\nlistmaster root@example.org\ncafile site.pem\ncrl_dir crls\ncrl_policy ${policy}\n`,
      );
      const judged = await new SiteTrust(await loadSite(made.site.file), silentLog).for();
      expect([judged.crlCheck, judged.crls.length]).toEqual([crlCheck, count]);
    }
  });

  it('is looked at once for all lists that are asked about at a time, and again for the next', async () => {
    made.write('anchors/site.pem', site.pem);
    made.write('anchors/cut.pem', '-----BEGIN CERTIFICATE-----\nMAMC\n');
    made.write(
      'sympa.conf',
      'domain example.org\nlistmaster root@example.org\ncapath anchors\ncrl_dir crls\n',
    );
    const lines: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void lines.push(text) };
    const trust = new SiteTrust(await loadSite(made.site.file), log);
    const ask = () => Promise.all(Array.from({ length: 300 }, () => trust.for({ config: {} as never })));
    const first = await ask();
    expect(lines).toEqual(['not taken from a trust file']);
    expect(new Set(first).size).toBe(1);
    made.write('anchors/list.pem', list.pem);
    expect((await ask()).map(({ trustAnchors }) => trustAnchors.length)).toEqual(Array(300).fill(2));
    expect(lines).toHaveLength(2);
  });

  it('is not looked at within a transaction: all others would wait for the files', async () => {
    const trust = new SiteTrust(made.site, silentLog);
    await expect(made.store.transaction(() => trust.for())).rejects.toThrow('within a transaction');
    expect((await trust.for()).trustAnchors).toHaveLength(1);
  });

  it('takes no anchor from crl_dir', async () => {
    made.write('crls/ca.pem', list.pem);
    expect(await named()).toEqual(digest(site));
  });

  it.each([
    ['a certificate that is none', formatPem('CERTIFICATE', Buffer.from([0x30, 0x03, 0x02, 0x01, 0x05]))],
    ['a block without an end', '-----BEGIN CERTIFICATE-----\nMAMC\n'],
    ['a block that is not base64', '-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n'],
  ])('loses one odd certificate, not the file: %s', async (_what, odd) => {
    made.write('site.pem', `${site.pem}${odd}${list.pem}`);
    const trust = new SiteTrust(made.site, silentLog);
    expect((await trust.for()).trustAnchors.map(({ sha256 }) => sha256)).toEqual([
      ...digest(site),
      ...digest(list),
    ]);
    expect(await trust.faults()).toMatchObject([
      {
        path: join(made.dir, 'site.pem'),
        reason: expect.stringMatching(/^(certificate|block) 2.* is not used: /),
      },
    ]);
  });
});
