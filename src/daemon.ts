import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { loadSite, type Site } from './config/site.ts';
import { deliverPacketHandler } from './delivery/deliver-packet.ts';
import type { DeliveryParts } from './delivery/delivery-parts.ts';
import { OutcomeRecorder } from './delivery/outcome-recorder.ts';
import { Payloads } from './delivery/payloads.ts';
import { missingNoticeHandler, serviceMailHandler } from './delivery/send-service-mail.ts';
import { enqueueServiceMail } from './delivery/service-mail.ts';
import { releaseWaitingHandler } from './delivery/waiting.ts';
import { IntakeService } from './intake/intake-service.ts';
import { Lists } from './lists/lists.ts';
import { ScenarioFiles } from './lists/scenario-files.ts';
import { verpKey } from './lists/verp.ts';
import type { Log } from './log.ts';
import type { PipelineParts } from './pipeline/post.ts';
import { processMessageHandler } from './pipeline/process-message.ts';
import { randomToken } from './secrets.ts';
import { smtpTransport } from './smtp/client.ts';
import { type MailListener, startMailListener } from './smtp/listener.ts';
import { sendmailTransport } from './smtp/sendmail.ts';
import type { Transport } from './smtp/transport.ts';
import { type JobHandler, JobRunner } from './store/job-runner.ts';
import type { Job, JobRole } from './store/jobs.ts';
import { openStore, type Store } from './store/store.ts';
import { Housekeeping } from './tasks/housekeeping.ts';
import { CertificateFolder } from './trust/certificate-folder.ts';
import { ListKeyring } from './trust/list-keys.ts';
import { MessageOpener } from './trust/message-opener.ts';
import { TrustAnchors } from './trust/trust-anchors.ts';
import { UserCertificates } from './trust/user-certificates.ts';
import { startWeb, type WebServer } from './web/server.ts';

/** The parts of the daemon that may run apart from each other. */
export const daemonRoles = ['intake', 'pipeline', 'delivery', 'tasks', 'web'] as const;

export type DaemonRole = (typeof daemonRoles)[number];

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly confFile: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly roles?: readonly DaemonRole[];
  /** Time between two looks at the certificate folder and what else is looked after; tests shorten it. */
  readonly housekeepingPauseMs?: number;
  /** Called between the commit of a message and the reply to its peer; tests die there. */
  readonly afterCommit?: () => Promise<void>;
}

/** Where a daemon takes mail. */
export interface DaemonAddresses {
  readonly lmtp?: string;
  readonly lmtpSocket?: string;
  readonly smtp?: string;
  /** The address of the web interface. */
  readonly https?: string;
}

/** A running daemon. */
export interface Daemon {
  readonly addresses: DaemonAddresses;
  /** Ends after the work under way. */
  stop(): Promise<void>;
}

const maxMessageBytes = 128 << 20;
/** Jobs of one role at a time in one process. */
const pipelineConcurrency = 2;
const maxDeliveryConcurrency = 8;
const confCheckMs = 1_000;

/**
 * Puts the real parts together and starts them.
 *
 * @throws ConfigError, StoreError, SmtpError
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { log, clock = systemClock, roles = daemonRoles } = options;
  const house = await House.open(options.confFile, clock, log);
  const worker = `${hostname()} ${process.pid} ${randomToken(6)}`;
  await releaseClaimsOfTheDead(house.store);
  const running: { stop(): Promise<void> }[] = [];
  const start = <T extends { start(): void; stop(): Promise<void> }>(part: T): void => {
    part.start();
    running.unshift(part);
  };
  try {
    if (roles.includes('delivery')) start(deliveryRunner(house, worker));
    if (roles.includes('pipeline')) start(pipelineRunner(house, worker));
    if (roles.includes('tasks')) start(new Housekeeping(house.parts, worker, options.housekeepingPauseMs));
    const web = roles.includes('web') ? await openWeb(house) : undefined;
    if (web) running.unshift({ stop: () => web.close() });
    const listeners = roles.includes('intake') ? await openListeners(house, options) : [];
    const stop = async () => {
      await Promise.all(listeners.map(({ listener }) => listener.close()));
      await Promise.all(running.map((part) => part.stop()));
      await house.close();
    };
    return { addresses: { ...addressesOf(listeners), ...(web && { https: web.url }) }, stop };
  } catch (error) {
    await Promise.all(running.map((part) => part.stop()));
    await house.close();
    throw error;
  }
}

/**
 * What a process of this host had claimed before it died is free at once, before its lease is over. Claims of processes
 * that live, as of another role on the same database, stay theirs.
 */
async function releaseClaimsOfTheDead({ jobs }: Store): Promise<void> {
  const own = `${hostname()} `;
  const ours = (await jobs.claimants()).filter((worker) => worker.startsWith(own));
  await jobs.releaseClaimsOf(
    ours.filter((worker) => !isAlive(Number(worker.slice(own.length).split(' ')[0]))),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The parts that all roles share. What `sympa.conf` says is read again when the file changes. */
class House {
  readonly store: Store;
  readonly parts: PipelineParts;
  readonly clock: Clock;
  readonly log: Log;
  readonly keyring: ListKeyring;
  readonly #transport: Transport;
  readonly #watch: NodeJS.Timeout;
  #site: Site;
  #lists: Lists;
  #scenarios: ScenarioFiles;
  #anchors: TrustAnchors;
  #seen: string;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(loaded: LoadedSite, store: Store, verp: string, clock: Clock, log: Log) {
    const { site } = loaded;
    this.#site = site;
    this.#seen = loaded.seen;
    this.#lists = new Lists(site, store);
    this.#scenarios = new ScenarioFiles(site);
    this.#anchors = new TrustAnchors(site.conf, log);
    this.store = store;
    this.clock = clock;
    this.log = log;
    this.keyring = new ListKeyring(() => this.#site.conf.key_passwd, log);
    this.#transport = transportOf(site, log);
    this.parts = this.#assemble(verp);
    this.#watch = setInterval(() => {
      this.#reloading = this.#reloading
        .then(() => this.#reload())
        .catch((error: unknown) => {
          log.error('sympa.conf not read again', {
            error: error instanceof Error ? error.message : 'unknown',
          });
        });
    }, confCheckMs);
  }

  static async open(confFile: string, clock: Clock, log: Log): Promise<House> {
    const loaded = await loadSeen(confFile);
    const { site } = loaded;
    const store = await openStore(site.conf.database, { clock, log });
    return new House(loaded, store, await verpKey(site), clock, log);
  }

  get site(): Site {
    return this.#site;
  }

  get lists(): Lists {
    return this.#lists;
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#reloading;
    await this.#transport.close();
    await this.store.close();
  }

  #assemble(verp: string): PipelineParts {
    const { store, clock, log } = this;
    const house = this;
    const certificates = new UserCertificates(clock);
    const { keyring } = this;
    const anchors = { current: () => this.#anchors.current() };
    return {
      get site() {
        return house.#site;
      },
      get lists() {
        return house.#lists;
      },
      get scenarios() {
        return house.#scenarios;
      },
      store,
      certificates,
      opener: new MessageOpener({ keyring, anchors, clock }),
      folder: new CertificateFolder({ folder: this.#site.certDir, store, certificates, clock, log }),
      transport: this.#transport,
      recorder: new OutcomeRecorder(store),
      verpKey: verp,
      clock,
      log,
    };
  }

  /**
   * A faulty file leaves everything as it is. Addresses to listen on, the mail route, the certificate folder and the
   * database need a restart.
   */
  async #reload(): Promise<void> {
    const now = await fingerprint(confFilesOf(this.#site));
    if (now === this.#seen) return;
    this.#seen = now;
    const { site, seen } = await loadSeen(this.#site.file);
    this.#seen = seen;
    this.#site = site;
    this.#lists = new Lists(site, this.store);
    this.#scenarios = new ScenarioFiles(site);
    this.#anchors = new TrustAnchors(site.conf, this.log);
    this.log.info('sympa.conf read again');
    await this.store.jobs.releaseByCode('key-unavailable');
  }
}

interface LoadedSite {
  readonly site: Site;
  /** Fingerprint of its files from before they were read: a change meanwhile is seen at the next look. */
  readonly seen: string;
}

async function loadSeen(confFile: string): Promise<LoadedSite> {
  let site = await loadSite(confFile);
  const seen = await fingerprint(confFilesOf(site));
  site = await loadSite(confFile);
  return { site, seen };
}

/** The files that a site is read from; the pass phrase may be mended in a file of its own. */
function confFilesOf({ file, conf, robots }: Site): readonly string[] {
  const passphrase = conf.key_passwd_file === undefined ? [] : [conf.key_passwd_file];
  return [file, ...passphrase, ...robots.map(({ etcDir }) => join(etcDir, 'robot.conf'))];
}

async function fingerprint(files: readonly string[]): Promise<string> {
  const infos = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return infos.map((info) => (info ? `${info.mtimeMs} ${info.size} ${info.ino}` : 'missing')).join('\n');
}

function transportOf({ conf, robots }: Site, log: Log): Transport {
  if (conf.smtp_relay === 'none') {
    const args = conf.sendmail_args.split(/\s+/).filter((arg) => arg !== '');
    return sendmailTransport({ path: conf.sendmail, args, maxProcesses: conf.maxsmtp, log });
  }
  const helloName = robots[0]!.domain;
  return smtpTransport({ url: conf.smtp_relay, maxConnections: conf.maxsmtp, helloName, log });
}

function pipelineRunner(house: House, worker: string): JobRunner {
  const handlers = { 'process-message': processMessageHandler(house.parts) };
  return runner(house, worker, 'pipeline', handlers, pipelineConcurrency);
}

function deliveryRunner(house: House, worker: string): JobRunner {
  const parts: DeliveryParts = house.parts;
  const handlers: Readonly<Record<string, JobHandler>> = {
    'deliver-packet': deliverPacketHandler(parts, new Payloads(parts)),
    'release-waiting': releaseWaitingHandler(parts),
    'service-mail': serviceMailHandler(parts),
    'missing-notice': missingNoticeHandler(parts),
  };
  const concurrency = Math.min(parts.transport.maxConnections, maxDeliveryConcurrency);
  return runner(house, worker, 'delivery', handlers, concurrency);
}

function runner(
  { store, clock, log, parts }: House,
  worker: string,
  role: JobRole,
  handlers: Readonly<Record<string, JobHandler>>,
  concurrency: number,
): JobRunner {
  const onQuarantine = (job: Job, code: string, reason: string) => tellQuarantine(parts, job, code, reason);
  return new JobRunner({ store, clock, log, role, worker, handlers, concurrency, onQuarantine });
}

/** The message behind a job that was put aside shows it, and the listmasters are told. */
async function tellQuarantine(parts: PipelineParts, job: Job, code: string, reason: string): Promise<void> {
  const { store, lists, site } = parts;
  await store.transaction(async (tx) => {
    if (job.kind === 'process-message')
      await tx.messages.setState(job.subject, 'quarantined', { code, reason });
    // A notice about a notice that cannot be made would never end.
    if (job.kind === 'service-mail') return;
    await enqueueServiceMail(tx, `quarantine ${job.id}`, {
      template: 'quarantine-listmaster',
      list: '',
      to: lists.listmasters(site.robots[0]!),
      // The identifier that `spool show` takes.
      variables: { id: job.id, kind: job.kind, code },
    });
  });
}

async function openWeb(house: House): Promise<WebServer | undefined> {
  const { web_listen: listen, tls_certificate, tls_private_key } = house.site.conf;
  if (listen === 'none') return undefined;
  const { clock, log, store, parts } = house;
  return startWeb({
    listen,
    certificateFile: tls_certificate,
    privateKeyFile: tls_private_key,
    access: () => ({ lists: parts.lists, scenarios: parts.scenarios, store, nowMs: clock.now() }),
    keyring: house.keyring,
    title: () => house.site.conf.title,
    log,
  });
}

interface OpenListener {
  readonly protocol: 'lmtp' | 'smtp';
  readonly listener: MailListener;
}

async function openListeners(house: House, { afterCommit }: DaemonOptions): Promise<readonly OpenListener[]> {
  const { store, clock, log, site } = house;
  const handler = new IntakeService({
    site: () => house.site,
    lists: () => house.lists,
    store,
    clock,
    log,
    ...(afterCommit && { afterCommit }),
  });
  const wanted = [
    ...site.conf.lmtp_listen.map((target) => ({ protocol: 'lmtp' as const, target })),
    ...site.conf.smtp_listen.map((target) => ({ protocol: 'smtp' as const, target })),
  ];
  const hostName = site.robots[0]!.domain;
  const open: OpenListener[] = [];
  try {
    for (const { protocol, target } of wanted)
      open.push({
        protocol,
        listener: await startMailListener({ protocol, target, hostName, maxMessageBytes, handler, log }),
      });
    return open;
  } catch (error) {
    await Promise.all(open.map(({ listener }) => listener.close()));
    throw error;
  }
}

function addressesOf(listeners: readonly OpenListener[]): DaemonAddresses {
  const find = (protocol: string, unix: boolean) =>
    listeners.find((one) => one.protocol === protocol && one.listener.address.startsWith('unix:') === unix)
      ?.listener.address;
  const lmtp = find('lmtp', false);
  const lmtpSocket = find('lmtp', true);
  const smtp = find('smtp', false);
  return { ...(lmtp && { lmtp }), ...(lmtpSocket && { lmtpSocket }), ...(smtp && { smtp }) };
}
