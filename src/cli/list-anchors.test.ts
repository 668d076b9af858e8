import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { message, signed, textEntity } from '../../test/kit/mail.ts';
import { createPkcs12 } from '../pki/pkcs12.ts';

const [root, partner] = [makeTestCa({ name: 'Root' }), makeTestCa({ name: 'Partner' })];
const ofRoot = root.issue({ address: 'ann@example.org' });
const ofPartner = partner.issue({ address: 'ann@example.org' });
const narrow = ['--list', 'narrow'];

describe('commands judge as the daemon does', () => {
  let made: FolderSite;
  beforeEach(async () => {
    made = await makeFolderSite(['cafile root.pem', 'crl_dir crls']);
    made.write('root.pem', root.pem);
    made.write('partner.pem', partner.pem);
    for (const [name, pair] of [
      ['root', ofRoot],
      ['partner', ofPartner],
    ] as const) {
      made.write(`of-${name}.pem`, pair.certificatePem);
      const mail = message(
        { from: 'ann@example.org', to: 'narrow@example.org' },
        signed(textEntity('x'), pair),
      );
      writeFileSync(join(made.dir, `of-${name}.eml`), mail);
    }
    await made.lists.create({
      name: 'narrow',
      owners: ['ann@example.org'],
      parameters: { cafile: 'partner.pem' },
    });
  });
  afterEach(() => made.dispose());

  const run = (...args: readonly string[]) => runCli(args, { cwd: made.dir });
  const policy = (value: string) =>
    made.write(
      'sympa.conf',
      `domain example.org\nlistmaster root@example.org\ncafile root.pem\ncrl_dir crls\ncrl_policy ${value}\n`,
    );
  const methodOf = async (file: string, ...args: readonly string[]) =>
    (
      JSON.parse((await run('smime', 'inspect', file, '--json', ...args)).stdout) as {
        readonly authenticationMethod: string;
      }
    ).authenticationMethod;
  const check = async (file: string, ...args: readonly string[]) =>
    (await run('certificate', 'check', file, ...args)).code;

  it('by the anchors of the list that is named, and by those of the site without', async () => {
    expect([await methodOf('of-root.eml'), await methodOf('of-partner.eml')]).toEqual(['smime', 'smtp']);
    expect([await methodOf('of-root.eml', ...narrow), await methodOf('of-partner.eml', ...narrow)]).toEqual([
      'smtp',
      'smime',
    ]);
    expect([await check('of-root.pem'), await check('of-partner.pem')]).toEqual([0, 1]);
    expect([await check('of-root.pem', ...narrow), await check('of-partner.pem', ...narrow)]).toEqual([1, 0]);
  });

  it('refuse where a revocation list is missing, when the site requires one', async () => {
    policy('require');
    expect([await methodOf('of-root.eml'), await check('of-root.pem')]).toEqual(['smtp', 1]);
    made.write('crls/root', root.crlPem());
    expect([await methodOf('of-root.eml'), await check('of-root.pem')]).toEqual(['smime', 0]);
  });

  it('let a revoked certificate pass where the site switched that off, unless the list is named', async () => {
    made.write('crls/root', root.crlPem({ revoked: [ofRoot] }));
    expect([await methodOf('of-root.eml'), await check('of-root.pem')]).toEqual(['smtp', 1]);
    policy('off');
    expect([await methodOf('of-root.eml'), await check('of-root.pem')]).toEqual(['smime', 0]);
    const named = ['--crl', 'crls/root'];
    expect([await methodOf('of-root.eml', ...named), await check('of-root.pem', ...named)]).toEqual([
      'smtp',
      1,
    ]);
  });

  it('ask the site for nothing where other anchors are named', async () => {
    policy('require');
    const named = ['--cafile', 'partner.pem'];
    expect([await methodOf('of-partner.eml', ...named), await check('of-partner.pem', ...named)]).toEqual([
      'smime',
      0,
    ]);
    expect(await check('of-partner.pem', ...named, '--crl-check')).toBe(1);
  });

  it('check the key of a list by the anchors of that list', async () => {
    const install = async (ca: typeof root, ...args: readonly string[]) => {
      const { privateKey, certificate } = ca.issue({ address: 'narrow@example.org', algorithm: 'rsa-2048' });
      const bytes = createPkcs12({ key: privateKey, certificates: [certificate], password: 'secret' });
      writeFileSync(join(made.dir, 'pair.p12'), bytes);
      made.write('password', 'secret\n');
      return (
        await run('p12topem', '--listname', 'narrow', '--password-file', 'password', 'pair.p12', ...args)
      ).code;
    };
    const doctor = async () => {
      const { stdout } = await run('doctor', '--json');
      const findings = JSON.parse(stdout) as { check: string; status: string; text: string }[];
      return findings.filter(({ check }) => check === 'keys');
    };
    expect(await install(root)).toBe(1);
    expect(await install(partner)).toBe(0);
    expect(await doctor()).toMatchObject([{ status: 'ok' }]);
    expect(await install(root, '--accept', 'not-trusted', '--replace')).toBe(0);
    expect(await doctor()).toMatchObject([
      { status: 'warn', text: expect.stringContaining('not trusted from here') },
    ]);
  });
});
