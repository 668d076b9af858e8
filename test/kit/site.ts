import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Clock, systemClock } from '../../src/clock.ts';
import { loadSite, type Site } from '../../src/config/site.ts';
import { type Daemon, startDaemon } from '../../src/daemon.ts';
import { Lists } from '../../src/lists/lists.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { encryptPrivateKey } from '../../src/pki/private-key.ts';
import { smtpTransport } from '../../src/smtp/client.ts';
import { dotStuff } from '../../src/smtp/dot-stuffing.ts';
import type { RecipientReply } from '../../src/smtp/transport.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { checkOperatorCertificate } from '../../src/trust/certificate-check.ts';
import { UserCertificates } from '../../src/trust/user-certificates.ts';
import { makeTestCa, type TestCa } from './ca.ts';
import type { TestIdentity } from './mail.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';
import { trustOf } from './trust-of.ts';

/** The pass phrase of the list keys of test sites. */
export const keyPassword = 'open sesame';

/** What a test site is made with. */
export interface TestSiteOptions {
  /** More lines of `sympa.conf`. */
  readonly conf?: readonly string[];
  readonly clock?: Clock;
  readonly log?: Log;
  /** Where mail goes out, in place of the site's own sink. */
  readonly relay?: string;
  /** Time between two looks at the certificate folder. */
  readonly housekeepingPauseMs?: number;
  /** A database URL; embedded SQLite otherwise. */
  readonly database?: string;
}

/** A whole site on loopback: folder, CA, lists, an SMTP sink where mail goes out, and the daemon. */
export class TestSite {
  readonly dir: string;
  readonly confFile: string;
  readonly ca: TestCa;
  readonly sink: SmtpSink;
  readonly clock: Clock;
  readonly #log: Log;
  readonly #pauseMs: number | undefined;
  #daemon: Daemon | undefined;

  private constructor(dir: string, ca: TestCa, sink: SmtpSink, options: TestSiteOptions) {
    this.dir = dir;
    this.confFile = join(dir, 'sympa.conf');
    this.ca = ca;
    this.sink = sink;
    this.clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    this.#pauseMs = options.housekeepingPauseMs;
    writeFileSync(join(dir, 'ca.pem'), ca.pem);
    writeFileSync(this.confFile, `${confLines(sink, options).join('\n')}\n`, { mode: 0o600 });
  }

  /** Makes a site of the domain `lists.example.org` in a temporary folder. */
  static async make(options: TestSiteOptions = {}): Promise<TestSite> {
    const dir = mkdtempSync(join(tmpdir(), 'ssympa-site-'));
    chmodSync(dir, 0o755);
    return new TestSite(dir, makeTestCa(), await startSmtpSink(), options);
  }

  /** The running daemon. */
  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('the daemon is not started');
    return this.#daemon;
  }

  async start(): Promise<Daemon> {
    this.#daemon = await startDaemon({
      confFile: this.confFile,
      clock: this.clock,
      log: this.#log,
      ...(this.#pauseMs !== undefined && { housekeepingPauseMs: this.#pauseMs }),
    });
    return this.#daemon;
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** Stops everything and removes the folder. */
  async dispose(): Promise<void> {
    await this.stop();
    await this.sink.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  site(): Promise<Site> {
    return loadSite(this.confFile);
  }

  /** Works on the store beside the daemon, as the command line does. */
  async withStore<T>(work: (store: Store, site: Site, lists: Lists) => Promise<T>): Promise<T> {
    const site = await this.site();
    const store = await openStore(site.conf.database, { clock: this.clock, log: silentLog });
    try {
      return await work(store, site, new Lists(site, store));
    } finally {
      await store.close();
    }
  }

  /** Waits until the newest message is decided, and gives its state. */
  async settled(timeoutMs = 20_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    return this.withStore(async (store) => {
      for (;;) {
        const newest = await store.messages.newest();
        if (newest && newest.state !== 'incoming') return newest.state;
        if (Date.now() > end) throw new Error('the message was not decided in time');
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    });
  }

  /** Gives the state of each recipient of the newest message. */
  async outcomes(): Promise<Readonly<Record<string, string>>> {
    return this.withStore(async (store) => {
      const message = await store.messages.newest();
      const [distribution] = message ? await store.distributions.ofMessage(message.id) : [];
      const rows = distribution ? await store.deliveries.ofDistribution(distribution.id) : [];
      return Object.fromEntries(rows.map((row) => [row.address, row.state]));
    });
  }

  /** Waits until the newest message went to so many recipients. */
  async allSent(count: number, timeoutMs = 120_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    await this.withStore(async (store) => {
      for (;;) {
        const message = await store.messages.newest();
        const [distribution] = message ? await store.distributions.ofMessage(message.id) : [];
        const counts = distribution ? await store.deliveries.counts(distribution.id) : {};
        if ((counts.sent ?? 0) >= count) return;
        if (Date.now() > end) throw new Error(`only ${counts.sent ?? 0} of ${count} were sent in time`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
  }

  /** Waits until no job is due: everything that follows from what came in has happened. */
  async idle(timeoutMs = 20_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    await this.withStore(async (store) => {
      for (;;) {
        const due = (await store.jobs.list({ states: ['ready'] })).filter(
          (job) => job.runAt <= this.clock.now(),
        );
        if (due.length === 0) return;
        if (Date.now() > end) throw new Error(`still to do: ${due.map((job) => job.kind).join(', ')}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    });
  }

  /** A CA that the site does not trust. */
  otherCa(): TestCa {
    return makeTestCa({ name: 'Another CA' });
  }

  /** Makes a list with subscribers; more lines go to its `config`. */
  async list(name: string, subscribers: readonly string[], config: readonly string[] = []): Promise<string> {
    const address = `${name}@lists.example.org`;
    await this.withStore(async (store, _site, lists) => {
      const robot = lists.robotOf(address);
      const owners = ['owner@example.org'];
      await lists.create({
        name,
        robot,
        owners,
        subject: `List ${name}`,
        creator: owners[0]!,
        nowMs: this.clock.now(),
      });
      await store.transaction(async (tx) => {
        for (const subscriber of subscribers)
          await tx.subscribers.add({ list: address, address: subscriber });
      });
    });
    if (config.length > 0) {
      const file = join(this.listDir(name), 'config');
      writeFileSync(file, `\n${config.join('\n\n')}\n`, { flag: 'a' });
    }
    return address;
  }

  listDir(name: string): string {
    return join(this.dir, 'expl', name);
  }

  /** Gives a list a certificate and a key under the site's pass phrase, as `p12topem` leaves them. */
  listKey(name: string, password: string = keyPassword): TestIdentity {
    const pair = this.ca.issue({ address: `${name}@lists.example.org`, use: 'both', algorithm: 'rsa-2048' });
    writeFileSync(join(this.listDir(name), 'cert.pem'), pair.certificatePem);
    writeFileSync(join(this.listDir(name), 'private_key'), encryptPrivateKey(pair.privateKey, password), {
      mode: 0o600,
    });
    return pair;
  }

  /** Makes a pair for a person and keeps the certificate, as `certificate import` does. */
  async person(
    address: string,
    request: Partial<Parameters<TestCa['issue']>[0]> = {},
    capabilities: readonly string[] | null = null,
  ): Promise<TestIdentity> {
    const pair = this.ca.issue({ address, use: 'both', algorithm: 'rsa-2048', ...request });
    await this.withStore(async (store) => {
      const usage = checkOperatorCertificate(pair.certificate, address, 'both', this.clock.now());
      await new UserCertificates(this.clock, trustOf([])).keep(store, {
        address,
        certificate: pair.certificate,
        usage,
        source: 'operator',
        signingTimeMs: null,
        capabilities,
      });
    });
    return pair;
  }

  /** Makes certificates for many people over a few keys. */
  async people(addresses: readonly string[]): Promise<void> {
    await this.withStore((store) =>
      store.transaction(async (tx) => {
        const certificates = new UserCertificates(this.clock, trustOf([]));
        for (const address of addresses) {
          const { certificate } = this.ca.issue({ address, use: 'both', algorithm: 'rsa-2048' });
          const kept = {
            address,
            certificate,
            usage: 'both',
            source: 'operator',
            signingTimeMs: null,
            capabilities: null,
          } as const;
          await certificates.keep(tx, kept);
        }
      }),
    );
  }

  /** Keeps a certificate with `ssympa certificate import`. */
  async importCertificate(address: string, pem: string): Promise<void> {
    const launcher = join(import.meta.dirname, '../../bin/ssympa');
    const file = join(this.dir, 'to-import.pem');
    writeFileSync(file, pem);
    await promisify(execFile)(launcher, ['certificate', 'import', address, file, '--conf', this.confFile]);
  }

  /** Posts over LMTP and gives the reply for the address. */
  async post(
    raw: Uint8Array,
    envelope: { readonly from: string; readonly to: string },
    lmtp: string = this.daemon.addresses.lmtp!,
  ): Promise<RecipientReply> {
    return (await this.postAll([{ raw, ...envelope }], lmtp))[0]!;
  }

  /** Posts one message after the other over one connection, and gives the replies. */
  async postAll(
    mails: readonly { readonly raw: Uint8Array; readonly from: string; readonly to: string }[],
    lmtp: string = this.daemon.addresses.lmtp!,
  ): Promise<readonly RecipientReply[]> {
    const transport = smtpTransport({
      url: `lmtp://${lmtp}`,
      maxConnections: 1,
      log: silentLog,
    });
    const connection = await transport.acquire();
    try {
      const replies: RecipientReply[] = [];
      for (const { raw, from, to } of mails) {
        const [reply] = await connection.send({
          envelopeSender: from,
          recipients: [to],
          pieces: [dotStuff(raw)],
          size: raw.length,
          smtputf8: false,
          eightBit: raw.some((byte) => byte > 0x7f),
        });
        replies.push(reply!);
      }
      return replies;
    } finally {
      connection.release();
      await transport.close();
    }
  }
}

function confLines(sink: SmtpSink, options: TestSiteOptions): readonly string[] {
  return [
    'domain lists.example.org',
    'listmaster listmaster@example.org',
    'cafile ca.pem',
    `key_passwd ${keyPassword}`,
    'lmtp_listen 127.0.0.1:0,unix:data/lmtp.sock',
    'smtp_listen 127.0.0.1:0',
    'web_listen none',
    `smtp_relay ${options.relay ?? `smtp://127.0.0.1:${sink.port}`}`,
    `database ${options.database ?? 'sqlite:data/ssympa.db'}`,
    ...(options.conf ?? []),
  ];
}

/** A log that keeps its lines. */
export function linesLog(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (event: string, fields: object = {}) => {
      lines.push(JSON.stringify({ level, event, ...fields }));
    };
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
