import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptPrivateKey } from '../src/pki/private-key.ts';
import { makeTestCa, type TestCa, type TestIdentity } from '../test/kit/ca.ts';
import { type SmtpSink, startSmtpSink } from '../test/kit/smtp-sink.ts';

const launcher = join(import.meta.dirname, '../bin/ssympa');

/** One subscriber of the demo, and the keys that this person has. */
export interface DemoSubscriber {
  readonly address: string;
  readonly what: string;
  /** What signs, and what decrypts; the same pair for most. */
  readonly signing: TestIdentity | undefined;
  readonly decrypting: TestIdentity | undefined;
}

/** The site of the demo: everything under one temporary folder. */
export interface DemoSite {
  readonly dir: string;
  readonly confFile: string;
  readonly cafile: string;
  readonly list: string;
  readonly listCertificate: string;
  readonly subscribers: readonly DemoSubscriber[];
  readonly sink: SmtpSink;
}

/** Makes a site, a CA, a list with certificate and key, four subscribers, and an SMTP sink, by the program's own commands. */
export async function makeDemoSite(): Promise<DemoSite> {
  const top = mkdtempSync(join(tmpdir(), 'ssympa-demo-'));
  const dir = join(top, 'site');
  const confFile = join(dir, 'sympa.conf');
  const list = 'board@lists.example.org';
  const ca = makeTestCa({ name: 'Demo CA' });
  const sink = await startSmtpSink();
  ssympa(['init', dir, '--domain', 'lists.example.org', '--listmaster', 'listmaster@example.org']);
  const cafile = join(dir, 'etc/ca.pem');
  writeFileSync(cafile, ca.pem);
  const own = [
    'cafile etc/ca.pem',
    'lmtp_listen 127.0.0.1:0,unix:data/lmtp.sock',
    'smtp_listen 127.0.0.1:0',
    'web_listen 127.0.0.1:0',
    `smtp_relay smtp://127.0.0.1:${sink.port}`,
  ];
  writeFileSync(confFile, `${readFileSync(confFile, 'utf8')}\n${own.join('\n')}\n`);
  ssympa([
    'list',
    'create',
    'board',
    '--owner',
    'owner@example.org',
    '--subject',
    'The board',
    '--conf',
    confFile,
  ]);
  const listCertificate = installListKey(dir, ca);
  const subscribers = subscribersOf(ca);
  ssympa(['subscriber', 'add', list, ...subscribers.map((one) => one.address), '--conf', confFile]);
  const keys = join(top, 'keys');
  mkdirSync(keys);
  for (const subscriber of subscribers) importCertificates(subscriber, keys, confFile);
  return { dir, confFile, cafile, list, listCertificate, subscribers, sink };
}

function installListKey(dir: string, ca: TestCa): string {
  const pair = ca.issue({
    address: 'board@lists.example.org',
    use: 'both',
    algorithm: 'rsa-2048',
    fresh: true,
  });
  const folder = join(dir, 'expl/board');
  const passphrase = readFileSync(join(dir, 'etc/key_passwd'), 'utf8').trim();
  writeFileSync(join(folder, 'cert.pem'), pair.certificatePem);
  writeFileSync(join(folder, 'private_key'), encryptPrivateKey(pair.privateKey, passphrase), { mode: 0o600 });
  return join(folder, 'cert.pem');
}

function subscribersOf(ca: TestCa): readonly DemoSubscriber[] {
  const alice = ca.issue({ address: 'alice@example.org', use: 'both', algorithm: 'rsa-2048', fresh: true });
  const bob = ca.issue({ address: 'bob@example.net', use: 'both', algorithm: 'ec-p256' });
  const carolSigns = ca.issue({ address: 'carol@example.com', use: 'sign', algorithm: 'ec-p256' });
  const carolReads = ca.issue({
    address: 'carol@example.com',
    use: 'encrypt',
    algorithm: 'rsa-2048',
    fresh: true,
  });
  return [
    { address: 'alice@example.org', what: 'RSA-2048', signing: alice, decrypting: alice },
    { address: 'bob@example.net', what: 'P-256 (ECDSA, ECDH)', signing: bob, decrypting: bob },
    {
      address: 'carol@example.com',
      what: 'two certificates, @sign and @enc',
      signing: carolSigns,
      decrypting: carolReads,
    },
    { address: 'dave@example.net', what: 'no certificate', signing: undefined, decrypting: undefined },
  ];
}

function importCertificates(
  { address, signing, decrypting }: DemoSubscriber,
  keys: string,
  confFile: string,
): void {
  const pairs = new Set([signing, decrypting].filter((pair) => pair !== undefined));
  if (pairs.size === 0) return;
  const file = join(keys, `${address}.pem`);
  writeFileSync(file, [...pairs].map((pair) => pair.certificatePem).join(''));
  ssympa(['certificate', 'import', address, file, '--conf', confFile]);
}

function ssympa(args: readonly string[]): void {
  execFileSync(launcher, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The running daemon, as `ssympa start` says it is. */
export interface DemoDaemon {
  readonly pid: number;
  readonly lmtp: string;
  readonly smtp: string;
  readonly https: string;
  stop(): Promise<void>;
}

/** Starts the daemon in a process of its own and waits until it says that it is ready. */
export async function startDemoDaemon({ confFile, dir }: DemoSite): Promise<DemoDaemon> {
  const child = spawn(launcher, ['start', '--conf', confFile], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log: Buffer[] = [];
  child.stderr.on('data', (bytes: Buffer) => log.push(bytes));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text.includes('\n')) resolve(text.split('\n')[0]!);
    });
    child.once('close', () => reject(new Error(`the daemon did not start:\n${Buffer.concat(log)}`)));
  });
  const { pid, lmtp, smtp, https } = JSON.parse(line) as Omit<DemoDaemon, 'stop'>;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    // Searched like every other file of the site.
    writeFileSync(join(dir, 'data/daemon.log'), Buffer.concat(log));
  };
  return { pid, lmtp, smtp, https, stop };
}
