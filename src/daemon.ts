import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
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

/** The parts of the daemon that may run apart from each other. */
export const daemonRoles = ['intake', 'pipeline', 'delivery', 'tasks', 'web'] as const;

export type DaemonRole = (typeof daemonRoles)[number];

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly confFile: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly roles?: readonly DaemonRole[];
  /** Called between the commit of a message and the reply to its peer; tests die there. */
  readonly afterCommit?: () => Promise<void>;
}

/** Where a daemon takes mail. */
export interface DaemonAddresses {
  readonly lmtp?: string;
  readonly lmtpSocket?: string;
  readonly smtp?: string;
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
  // One process has an embedded store: what an earlier one had claimed, it does not work on any more.
  if (house.store.engine === 'sqlite') await house.store.jobs.releaseClaimsExcept(worker);
  const running: { stop(): Promise<void> }[] = [];
  const start = <T extends { start(): void; stop(): Promise<void> }>(part: T): void => {
    part.start();
    running.unshift(part);
  };
  try {
    if (roles.includes('delivery')) start(deliveryRunner(house, worker));
    if (roles.includes('pipeline')) start(pipelineRunner(house, worker));
    if (roles.includes('tasks')) start(new Housekeeping(house.parts, worker));
    const listeners = roles.includes('intake') ? await openListeners(house, options) : [];
    const stop = async () => {
      await Promise.all(listeners.map(({ listener }) => listener.close()));
      await Promise.all(running.map((part) => part.stop()));
      await house.close();
    };
    return { addresses: addressesOf(listeners), stop };
  } catch (error) {
    await Promise.all(running.map((part) => part.stop()));
    await house.close();
    throw error;
  }
}

/** The parts that all roles share. What `sympa.conf` says is read again when the file changes. */
class House {
  readonly store: Store;
  readonly parts: PipelineParts;
  readonly clock: Clock;
  readonly log: Log;
  readonly #transport: Transport;
  readonly #watch: NodeJS.Timeout;
  #site: Site;
  #lists: Lists;
  #scenarios: ScenarioFiles;
  #anchors: TrustAnchors;
  #seen = '';

  private constructor(site: Site, store: Store, verp: string, clock: Clock, log: Log) {
    this.#site = site;
    this.#lists = new Lists(site, store);
    this.#scenarios = new ScenarioFiles(site);
    this.#anchors = new TrustAnchors(site.conf, log);
    this.store = store;
    this.clock = clock;
    this.log = log;
    this.#transport = transportOf(site, log);
    this.parts = this.#assemble(verp);
    this.#watch = setInterval(() => {
      this.#reload().catch((error: unknown) => {
        log.error('sympa.conf not read again', { error: error instanceof Error ? error.message : 'unknown' });
      });
    }, confCheckMs);
  }

  static async open(confFile: string, clock: Clock, log: Log): Promise<House> {
    const site = await loadSite(confFile);
    const store = await openStore(site.conf.database, { clock, log });
    const house = new House(site, store, await verpKey(site), clock, log);
    house.#seen = await fingerprint(site.file);
    return house;
  }

  get site(): Site {
    return this.#site;
  }

  get lists(): Lists {
    return this.#lists;
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#transport.close();
    await this.store.close();
  }

  #assemble(verp: string): PipelineParts {
    const { store, clock, log } = this;
    const house = this;
    const certificates = new UserCertificates(clock);
    const keyring = new ListKeyring(() => this.#site.conf.key_passwd, log);
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

  /** A faulty file leaves everything as it is. Addresses to listen on and the database need a restart. */
  async #reload(): Promise<void> {
    const now = await fingerprint(this.#site.file);
    if (now === this.#seen) return;
    this.#seen = now;
    const site = await loadSite(this.#site.file);
    this.#site = site;
    this.#lists = new Lists(site, this.store);
    this.#scenarios = new ScenarioFiles(site);
    this.#anchors = new TrustAnchors(site.conf, this.log);
    this.log.info('sympa.conf read again');
    await this.store.jobs.releaseByCode('key-unavailable');
  }
}

async function fingerprint(file: string): Promise<string> {
  const info = await stat(file).catch(() => undefined);
  return info ? `${info.mtimeMs} ${info.size} ${info.ino}` : 'missing';
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
  if (job.kind === 'process-message')
    await store.messages.setState(job.subject, 'quarantined', { code, reason });
  // A notice about a notice that cannot be made would never end.
  if (job.kind === 'service-mail') return;
  await enqueueServiceMail(store, `quarantine ${job.id}`, {
    template: 'quarantine-listmaster',
    list: '',
    to: lists.listmasters(site.robots[0]!),
    variables: { id: job.kind === 'process-message' ? job.subject : job.id, kind: job.kind, code },
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
