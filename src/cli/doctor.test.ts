import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa } from '../../test/kit/ca.ts';
import { recordedIo } from '../../test/kit/cli.ts';
import { startDnsServer, type TestDnsServer } from '../../test/kit/dns-server.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { slapdBase, startSlapd, type TestSlapd } from '../../test/kit/slapd.ts';
import { type SmtpSink, startSmtpSink } from '../../test/kit/smtp-sink.ts';
import { encryptPrivateKey } from '../pki/private-key.ts';
import type { Finding } from './doctor/finding.ts';
import { type DoctorWorld, doctorCommand } from './doctor.ts';

let made: FolderSite;
let ca: TestCa;
let sink: SmtpSink;

const world: DoctorWorld = { mailExchangers: async (domain) => [`mx.${domain}`] };
const day = 86_400_000;

beforeEach(async () => {
  ca = makeTestCa();
  sink = await startSmtpSink();
  made = await makeFolderSite();
  made.write('ca.pem', ca.pem);
  made.write('expl/X509-user-certs/.keep', '');
  configure();
  await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
});

afterEach(async () => {
  await sink.close();
  await made.dispose();
});

function configure(...lines: readonly string[]): void {
  const all = [
    'domain example.org',
    'listmaster root@example.org',
    'cafile ca.pem',
    'key_passwd_file phrase',
  ];
  made.write('phrase', 'open sesame\n');
  made.write('sympa.conf', [...all, `smtp_relay smtp://127.0.0.1:${sink.port}`, ...lines, ''].join('\n'));
}

function installKey(options: Parameters<TestCa['issue']>[0] = {}, password = 'open sesame'): void {
  const pair = ca.issue({ address: 'plans@example.org', algorithm: 'ec-p256', use: 'both', ...options });
  made.write('expl/plans/cert.pem', pair.certificatePem);
  const file = join(made.dir, 'expl/plans/private_key');
  writeFileSync(file, encryptPrivateKey(pair.privateKey, password), { mode: 0o600 });
}

async function examine(
  asked: DoctorWorld = world,
): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> {
  const { io, result } = recordedIo({ cwd: made.dir });
  await doctorCommand(io, asked).parseAsync(['--json'], { from: 'user' });
  const { code, stdout } = result();
  return { code, findings: JSON.parse(stdout) };
}

async function findingsOf(check: string, asked?: DoctorWorld): Promise<readonly Finding[]> {
  return (await examine(asked)).findings.filter((finding) => finding.check === check);
}

describe('ssympa doctor', () => {
  it('finds nothing wrong with a site that is right', async () => {
    installKey();
    const { code, findings } = await examine();
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set([
        'configuration',
        'lists',
        'scenarios',
        'keys',
        'trust',
        'revocation',
        'openssl',
        'database',
        'tasks',
        'certificates',
        'mail route',
        'DNS',
      ]),
    );
  });

  it('prints one line a finding, and what to do', async () => {
    made.write('expl/plans/config', 'sned private\n');
    const { io, result } = recordedIo({ cwd: made.dir });
    await doctorCommand(io, world).parseAsync([], { from: 'user' });
    expect(result().code).toBe(1);
    expect(result().stdout).toMatch(
      /^ERROR lists: plans@example\.org takes no mail: .*unknown parameter sned\n {8}did you mean send\?$/m,
    );
  });

  it('says every fault of a configuration, and nothing else', async () => {
    made.write('sympa.conf', 'domian example.org\nlistmaster x\n');
    const { code, findings } = await examine();
    expect(code).toBe(1);
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual(
      Array(3).fill('configuration error'),
    );
  });

  it('warns of what has no effect, and of a secret that everybody may read', async () => {
    made.write('sympa.conf', 'domain example.org\nlistmaster root@example.org\nkey_passwd x\nbulk_sleep 3\n');
    chmodSync(join(made.dir, 'sympa.conf'), 0o644);
    const texts = (await findingsOf('configuration'))
      .filter(({ status }) => status === 'warn')
      .map(({ text }) => text);
    expect(texts).toEqual([expect.stringContaining('bulk_sleep'), expect.stringContaining('holds a secret')]);
  });

  it('finds a list without owner, and one whose scenario is missing or faulty', async () => {
    made.write('expl/plans/config', 'send nothing\n');
    expect((await findingsOf('lists')).map(({ status }) => status)).toEqual(['warn', 'error']);
    made.write('etc/scenari/send.nothing', 'true() smtp => do_it\n');
    expect(await findingsOf('lists')).toMatchObject([
      { status: 'warn' },
      { status: 'error', text: expect.stringContaining('send.nothing:1') },
    ]);
  });

  it('passes scenario files that are right, and hides none that is only out of the menus', async () => {
    made.write('etc/scenari/subscribe.ours', 'title ours\ntrue() smtp,md5,smime -> owner\n');
    made.write('etc/scenari/subscribe.ours:ignore', '');
    expect(await findingsOf('scenarios')).toEqual([
      {
        check: 'scenarios',
        status: 'ok',
        text: "1 scenario file of the site's own, each right",
        hint: null,
      },
    ]);
  });

  it('finds faulty scenario files of the site, its domains and lists, and what has no effect', async () => {
    made.write('etc/scenari/review.ours', 'true() smpt -> do_it\n');
    made.write('etc/other.example/scenari/del.ours', 'true() smtp -> owner\n');
    made.write('expl/plans/scenari/add.ours', 'include friends\n');
    made.write('etc/scenari/include.friends', 'tru() -> do_it\n');
    made.write('etc/scenari/sned.private', 'true() -> do_it\n');
    const findings = (await findingsOf('scenarios')).map(({ status, text }) => [status, text]);
    expect(findings).toEqual([
      ['error', expect.stringMatching(/^review\.ours refuses everything: .*review\.ours:1:8: .* smpt$/)],
      ['warn', expect.stringContaining('sned.private has no effect: there is no function sned')],
      ['error', expect.stringMatching(/^del\.ours refuses everything: .*del\.ours:1:16: del cannot owner$/)],
      ['error', expect.stringMatching(/^add\.ours refuses everything: .*include\.friends:1:1: /)],
    ]);
  });

  it('finds parameters that name a scenario that is not there', async () => {
    made.write(
      'expl/plans/config',
      'owner\nemail ann@example.org\n\nsubscribe nothing\n\narchive\nweb_access nobody\n',
    );
    made.write('etc/other.example/robot.conf', 'listmaster chief@other.example\ncreate_list never\n');
    expect((await findingsOf('scenarios')).map(({ text }) => text)).toEqual([
      'create_list of other.example refuses everything: there is no scenario create_list.never',
      'subscribe of plans@example.org refuses everything: there is no scenario subscribe.nothing',
      'archive.web_access of plans@example.org refuses everything: there is no scenario archive_web_access.nobody',
    ]);
  });

  it.each<[string, () => void, string, Finding['status']]>([
    ['a pass phrase that is wrong', () => installKey({}, 'close sesame'), 'does not open', 'error'],
    [
      'another address',
      () => installKey({ address: 'other@example.org' }),
      'names other@example.org',
      'error',
    ],
    [
      'an end in the past',
      () => installKey({ notBeforeMs: Date.now() - 9 * day, notAfterMs: Date.now() - day }),
      'expired on',
      'error',
    ],
    ['an end that is near', () => installKey({ notAfterMs: Date.now() + 5 * day }), 'expires on', 'warn'],
    [
      'a key that is open to all',
      () => {
        installKey();
        chmodSync(join(made.dir, 'expl/plans/private_key'), 0o644);
      },
      'can read',
      'error',
    ],
    [
      'no key',
      () => {
        installKey();
        rmSync(join(made.dir, 'expl/plans/private_key'));
      },
      'no private key',
      'error',
    ],
    [
      'an issuer that is not trusted',
      () => {
        ca = makeTestCa();
        installKey();
      },
      'not trusted',
      'warn',
    ],
  ])('finds %s of a list', async (_name, spoil, text, status) => {
    spoil();
    expect(await findingsOf('keys')).toMatchObject([{ status, text: expect.stringContaining(text) }]);
  });

  it('counts apart what is neither given out nor signs', async () => {
    const place = (suffix: string, options: Parameters<TestCa['issue']>[0] = {}) => {
      const pair = ca.issue({ address: 'plans@example.org', algorithm: 'ec-p256', ...options });
      made.write(`expl/plans/cert.pem${suffix}`, pair.certificatePem);
      const file = join(made.dir, `expl/plans/private_key${suffix}`);
      writeFileSync(file, encryptPrivateKey(pair.privateKey, 'open sesame'), { mode: 0o600 });
    };
    installKey();
    place('.old', { notBeforeMs: Date.now() - 9 * day, notAfterMs: Date.now() - day });
    place('.x', { address: 'eve@example.org' });
    place('.2026.retired');
    expect(await findingsOf('keys')).toMatchObject([
      {
        status: 'ok',
        text: expect.stringMatching(
          /^1 pair of .*; 3 more for old mail alone \(1 retired, 1 expired, 1 of another address\)$/,
        ),
      },
    ]);
  });

  it.each([
    ['encrypt', 'warn', 'none signs its mail'],
    ['sign', 'error', 'no certificate is given out'],
  ] as const)('finds a list whose key may only %s', async (use, status, text) => {
    installKey({ use, algorithm: 'rsa-2048' });
    expect(await findingsOf('keys')).toMatchObject([{ status, text: expect.stringContaining(text) }]);
  });

  it('finds that nobody is trusted, or that the anchors cannot be read', async () => {
    made.write('ca.pem', '-----BEGIN CERTIFICATE-----\nMAMC\n');
    expect(await findingsOf('trust')).toMatchObject([{ status: 'error' }]);
    made.write('sympa.conf', 'domain example.org\nlistmaster root@example.org\n');
    expect(await findingsOf('trust')).toMatchObject([{ status: 'warn' }]);
  });

  it('finds an openssl that does not run, where one is set', async () => {
    configure('openssl ./no-such-program');
    expect(await findingsOf('openssl')).toMatchObject([{ status: 'error' }]);
  });

  it('finds a database that is none', async () => {
    made.write('blocked', '');
    configure('database sqlite:blocked/x.db');
    expect(await findingsOf('database')).toMatchObject([{ status: 'error' }]);
  });

  it('names tasks whose last run failed, and how to take them away', async () => {
    const { tasks } = made.store;
    const about = { version: 'daily', object: '_global', dueAt: 0 } as const;
    await tasks.insert({ ...about, model: 'report', origin: 'task' });
    await tasks.insert({ ...about, model: 'fine', origin: 'task' });
    const report = (await tasks.find('report', '_global'))!;
    expect(await findingsOf('tasks')).toMatchObject([{ status: 'ok' }]);
    await tasks.failed(report, { code: 'exec-failed', toldAt: 0, dueAt: day });
    expect(await findingsOf('tasks')).toMatchObject([
      {
        status: 'warn',
        text: expect.stringMatching(/^report\.daily of _global failed once, with exec-failed; .*1970-01-02/),
        hint: expect.stringContaining(`ssympa task drop ${report.id}`),
      },
    ]);
  });

  it('names files of the certificate folder that are not used', async () => {
    made.write('expl/X509-user-certs/bob@example.org', 'nothing');
    made.write(
      'expl/X509-user-certs/eve@example.org@enc',
      ca.issue({ address: 'eve@example.org', algorithm: 'ec-p256' }).certificatePem,
    );
    expect(await findingsOf('certificates')).toMatchObject([
      { status: 'warn', text: expect.stringMatching(/^1 of 2 files /) },
      { status: 'warn', text: expect.stringMatching(/^"bob@example.org" is not used \(\S+\): /) },
    ]);
  });

  it('judges the files of the certificate folder as the intake does, with its codes, and ends its lines', async () => {
    const issue = (more: object) => ca.issue({ address: 'eve@example.org', algorithm: 'ec-p256', ...more });
    const over = issue({ notBeforeMs: Date.now() - 9 * day, notAfterMs: Date.now() - day });
    const revoked = issue({});
    made.write('expl/crl/list', ca.crlPem({ revoked: [revoked] }));
    const faulty = {
      'expired@example.org': ['address-not-in-certificate', ca.pem],
      'eve@example.org': ['certificate-expired', over.certificatePem],
      'Eve@example.org': ['certificate-revoked', revoked.certificatePem],
      'eve@example.org@sign': ['usage-differs', issue({ use: 'encrypt' }).certificatePem],
      README: ['bad-address', 'hello'],
    };
    for (const [name, [, text]] of Object.entries(faulty)) made.write(`expl/X509-user-certs/${name}`, text!);
    const texts = (await findingsOf('certificates')).map(({ text }) => text);
    for (const [name, [code]] of Object.entries(faulty))
      expect(texts).toContainEqual(expect.stringContaining(`"${name}" is not used (${code}): `));
    for (let i = 0; i < 30; i++) made.write(`expl/X509-user-certs/x${i}@example.org`, 'nothing');
    const many = await findingsOf('certificates');
    expect(many).toHaveLength(22);
    expect(many.at(-1)!.text).toBe('and 15 more');
  });

  it('says what of a file of the certificate folder is passed over', async () => {
    const [eve, other] = ['eve@example.org', 'mallory@example.org'].map((address) =>
      ca.issue({ address, algorithm: 'ec-p256' }),
    );
    made.write('expl/X509-user-certs/eve@example.org', eve!.certificatePem + other!.certificatePem);
    expect(await findingsOf('certificates')).toMatchObject([
      { status: 'ok' },
      { status: 'warn', text: expect.stringContaining('"eve@example.org" is used in part') },
    ]);
  });

  it('finds a relay that is not there, refuses, or says nothing that is SMTP', async () => {
    sink.rule = ({ step }) => (step === 'ehlo' ? '421 4.3.2 not now' : undefined);
    expect(await findingsOf('mail route')).toMatchObject([
      { status: 'error', text: expect.stringContaining('421 4.3.2') },
    ]);
    const odd = await talking('HTTP/1.1 400 Bad Request\r\n');
    made.write(
      'sympa.conf',
      `domain example.org\nlistmaster root@example.org\nsmtp_relay smtp://127.0.0.1:${odd.port}\n`,
    );
    expect(await findingsOf('mail route')).toMatchObject([
      { status: 'error', text: expect.stringContaining('HTTP/1.1') },
    ]);
    odd.server.close();
    made.write(
      'sympa.conf',
      'domain example.org\nlistmaster root@example.org\nsmtp_relay smtp://127.0.0.1:1\n',
    );
    expect(await findingsOf('mail route')).toMatchObject([
      { status: 'error', text: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('checks the sendmail program where mail goes out through it', async () => {
    made.write(
      'sympa.conf',
      'domain example.org\nlistmaster root@example.org\nsmtp_relay none\nsendmail /no/such/program\n',
    );
    expect(await findingsOf('mail route')).toMatchObject([{ status: 'error' }]);
  });

  it('makes no error of DNS', async () => {
    const failing = (code: string): DoctorWorld => ({
      mailExchangers: () => Promise.reject(Object.assign(new Error(code), { code })),
    });
    for (const asked of [failing('ENODATA'), failing('ECONNREFUSED'), { mailExchangers: async () => [] }])
      expect((await findingsOf('DNS', asked)).map(({ status }) => status)).toEqual(['warn', 'warn']);
    expect((await examine(failing('ETIMEOUT'))).code).toBe(0);
  });
});

async function talking(text: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, port: address.port };
}

describe('ssympa doctor on the sources of certificates', () => {
  let resolver: TestDnsServer;
  const root = { name: '.', type: 'SOA', data: '' } as const;
  beforeEach(async () => {
    resolver = await startDnsServer(() => ({ records: [root], isValidated: true }));
  });
  afterEach(() => resolver.stop());

  it('says nothing of those that the site does not name', async () => {
    const checks = (await examine()).findings.map(({ check }) => check);
    expect(checks).not.toContain('SMIMEA resolver');
    expect(checks).not.toContain('certificate directory');
  });

  it('asks the resolver about the root, and is content when the answer is validated', async () => {
    configure(`smimea_resolver 127.0.0.1:${resolver.port}`);
    expect(await findingsOf('SMIMEA resolver')).toMatchObject([{ status: 'ok' }]);
    expect(resolver.seen.map(({ name, type }) => [name, type])).toEqual([['.', 'SOA']]);
  });

  it('finds a resolver that does not validate, one that fails, and one elsewhere', async () => {
    configure(`smimea_resolver 127.0.0.1:${resolver.port}`);
    resolver.answer = () => ({ records: [root] });
    const said = async () => {
      const [{ status, text } = { status: '', text: '' }] = await findingsOf('SMIMEA resolver');
      return `${status}: ${text}`;
    };
    expect(await said()).toMatch(/^error: .* does not say that its answer about the root zone is validated/);
    resolver.answer = () => ({ code: 2 });
    expect(await said()).toMatch(/^error: .*SERVFAIL/);
    configure('smimea_resolver 192.0.2.53');
    expect(await said()).toMatch(/^error: smimea_resolver is on another machine/);
  });

  it('finds a directory that is not there, of several each for itself', async () => {
    const ports = [await freePort(), await freePort()];
    configure(`ldap_certificate_host ${ports.map((port) => `127.0.0.1:${port}`).join(', ')}`);
    const found = await findingsOf('certificate directory');
    expect(found).toMatchObject(
      ports.map((port) => ({
        status: 'error',
        text: expect.stringMatching(`^127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`),
        hint: 'look at ldap_certificate_host',
      })),
    );
  });
});

describe.skipIf(!hasProgram('slapd'))('ssympa doctor on a directory of certificates', () => {
  let slapd: TestSlapd;
  beforeAll(async () => {
    slapd = await startSlapd('');
  });
  afterAll(() => slapd?.stop());

  const directory = async (...lines: readonly string[]) => {
    const usual = [`ldap_certificate_host localhost:${slapd.port}`, `ldap_certificate_suffix ${slapdBase}`];
    configure(...usual, ...lines);
    return (await findingsOf('certificate directory')).map(({ status, hint }) => [status, hint]);
  };
  const trusted = () => `ldap_certificate_ca_file ${slapd.caFile}`;

  it('is content when it is reached, verified, and has the entry that searches start at', async () => {
    expect(await directory(trusted())).toEqual([['ok', null]]);
    const { name, password } = slapd.admin;
    const login = [`ldap_certificate_bind_dn ${name}`, `ldap_certificate_bind_password ${password}`];
    expect(await directory(trusted(), ...login)).toEqual([['ok', null]]);
  });

  it('finds a certificate that is not trusted, a login that fails, and a base that is not there', async () => {
    expect(await directory()).toEqual([['error', expect.stringContaining('ldap_certificate_ca_file')]]);
    const login = [`ldap_certificate_bind_dn ${slapd.admin.name}`, 'ldap_certificate_bind_password wrong'];
    expect(await directory(trusted(), ...login)).toEqual([
      ['error', expect.stringContaining('ldap_certificate_bind_password')],
    ]);
    const base = 'ldap_certificate_suffix dc=else';
    configure(`ldap_certificate_host localhost:${slapd.port}`, trusted(), base);
    const [{ hint } = { hint: '' }] = await findingsOf('certificate directory');
    expect(hint).toBe('look at ldap_certificate_suffix');
  });
});
