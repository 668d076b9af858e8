import { type Clock, systemClock } from './clock.ts';
import type { Site } from './config/site.ts';
import { fingerprintOf, loadWatchedSite, type WatchedSite } from './config/watched-site.ts';
import { deliverPacketHandler } from './delivery/deliver-packet.ts';
import type { DeliveryParts } from './delivery/delivery-parts.ts';
import { OutcomeRecorder } from './delivery/outcome-recorder.ts';
import { Payloads } from './delivery/payloads.ts';
import { resendPostHandler } from './delivery/resend-post.ts';
import { transportOf } from './delivery/route.ts';
import { missingNoticeHandler, serviceMailHandler } from './delivery/send-service-mail.ts';
import { releaseWaitingHandler } from './delivery/waiting.ts';
import { IntakeService } from './intake/intake-service.ts';
import { Lists } from './lists/lists.ts';
import { ScenarioFiles } from './lists/scenario-files.ts';
import { verpKey } from './lists/verp.ts';
import type { Log } from './log.ts';
import type { PipelineParts } from './pipeline/post.ts';
import { processMessageHandler } from './pipeline/process-message.ts';
import { tellQuarantine } from './pipeline/quarantine.ts';
import { type LookUpParts, lookUpCertificatesHandler } from './requests/look-up-certificates.ts';
import { remindHandler } from './requests/send-reminders.ts';
import { type MailListener, startMailListener } from './smtp/listener.ts';
import type { Transport } from './smtp/transport.ts';
import { releaseClaimsOfTheDead, workerName } from './store/dead-workers.ts';
import { type JobHandler, JobRunner } from './store/job-runner.ts';
import type { Job, JobRole } from './store/jobs.ts';
import { openStore, type Store } from './store/store.ts';
import { Housekeeping } from './tasks/housekeeping.ts';
import type { TaskParts } from './tasks/task-run.ts';
import { TaskRunner } from './tasks/task-runner.ts';
import { certificatePolicy } from './trust/certificate-change.ts';
import { CertificateDirectory } from './trust/certificate-directory.ts';
import { CertificateDns } from './trust/certificate-dns.ts';
import { CertificateFolder } from './trust/certificate-folder.ts';
import { CertificateSources } from './trust/certificate-sources.ts';
import { ListKeyring } from './trust/list-keys.ts';
import { MessageOpener } from './trust/message-opener.ts';
import { PathlessCertificates } from './trust/pathless-certificates.ts';
import { RevokedCertificates } from './trust/revoked-certificates.ts';
import { SiteTrust, type TrustTarget } from './trust/site-trust.ts';
import { crlUpdater } from './trust/update-crls.ts';
import { UserCertificates } from './trust/user-certificates.ts';
import { startWeb, type WebServer } from './web/server.ts';

/** The parts of the daemon that may run apart from each other. */
export const daemonRoles = ['intake', 'pipeline', 'delivery', 'tasks', 'web'] as const;

export type DaemonRole = (typeof daemonRoles)[number];

/** A point of the work at which a crash may neither lose nor repeat anything. */
export type DaemonStep =
  /** A message is stored, and its peer does not know it yet. */
  | { readonly at: 'received' }
  /** A job is claimed, or handled and its outcome not written down yet. */
  | { readonly at: 'claimed' | 'handled'; readonly job: string }
  /** All of a transaction is done but its commit, or it is on the disk. */
  | { readonly at: 'before-commit' | 'after-commit' };

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly confFile: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly roles?: readonly DaemonRole[];
  /** Time between two looks at the certificate folder and what else is looked after; tests shorten it. */
  readonly housekeepingPauseMs?: number;
  /** Called at each step; tests die there. */
  readonly onStep?: (step: DaemonStep) => Promise<void>;
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
const lookUpConcurrency = 4;
const confCheckMs = 1_000;

/**
 * Puts the real parts together and starts them.
 *
 * @throws ConfigError, StoreError, SmtpError
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { log, clock = systemClock, roles = daemonRoles } = options;
  const house = await House.open(options, clock, log);
  const worker = workerName();
  await releaseClaimsOfTheDead(house.store);
  const running: { stop(): Promise<void> }[] = [];
  const start = <T extends { start(): void; stop(): Promise<void> }>(part: T): void => {
    part.start();
    running.unshift(part);
  };
  try {
    if (roles.includes('delivery')) start(deliveryRunner(house, worker));
    if (roles.includes('pipeline')) start(pipelineRunner(house, worker));
    if (roles.includes('tasks')) {
      start(new Housekeeping(house.parts, worker, options.housekeepingPauseMs));
      start(lookUpRunner(house, worker));
      start(new TaskRunner(house.parts, worker, options.housekeepingPauseMs));
    }
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

type HouseParts = PipelineParts & TaskParts & LookUpParts;

/** What a house is built on. */
interface HouseBase extends Pick<Required<DaemonOptions>, 'clock' | 'log'> {
  readonly onStep: DaemonOptions['onStep'];
}

/** The parts that all roles share. What `sympa.conf` says is read again when the file changes. */
class House {
  readonly store: Store;
  readonly parts: HouseParts;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStep: DaemonOptions['onStep'];
  readonly keyring: ListKeyring;
  readonly #transport: Transport;
  readonly #watch: NodeJS.Timeout;
  #site: Site;
  #lists: Lists;
  #scenarios: ScenarioFiles;
  #anchors: SiteTrust;
  #seen: string;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(loaded: WatchedSite, store: Store, verp: string, base: HouseBase) {
    const { site } = loaded;
    const { clock, log, onStep } = base;
    this.#site = site;
    this.#seen = loaded.seen;
    this.#lists = new Lists(site, store);
    this.#scenarios = new ScenarioFiles(site, { clock, log });
    this.#anchors = new SiteTrust(site, log);
    this.store = store;
    this.clock = clock;
    this.log = log;
    this.onStep = onStep;
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

  static async open({ confFile, onStep }: DaemonOptions, clock: Clock, log: Log): Promise<House> {
    const loaded = await loadWatchedSite(confFile);
    const { site } = loaded;
    const store = await openStore(site.conf.database, {
      clock,
      log,
      ...(onStep && { onCommit: (at) => onStep({ at }) }),
    });
    return new House(loaded, store, await verpKey(site), { clock, log, onStep });
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

  #assemble(verp: string): HouseParts {
    const { store, clock, log } = this;
    const house = this;
    const { keyring } = this;
    const anchors = { for: (target?: TrustTarget) => this.#anchors.for(target) };
    const certificates = new UserCertificates(clock, anchors, () => certificatePolicy(this.#site));
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
      keyring,
      opener: new MessageOpener({ keyring, anchors, clock }),
      sources: this.#sources(anchors),
      revocations: new RevokedCertificates({ store, anchors, clock, log }),
      pathless: new PathlessCertificates({
        store,
        places: async () => ({ site: house.#site, lists: await house.#lists.all() }),
        anchors,
        clock,
        log,
      }),
      folder: new CertificateFolder({ folder: this.#site.certDir, store, certificates, anchors, clock, log }),
      transport: this.#transport,
      recorder: new OutcomeRecorder(store, log),
      updateCrls: crlUpdater(async () => ({
        site: house.#site,
        store,
        lists: await house.#lists.all(),
        clock,
        log,
      })),
      verpKey: verp,
      clock,
      log,
    };
  }

  #sources(anchors: Pick<SiteTrust, 'for'>): CertificateSources {
    const { clock, log, store } = this;
    const parts = { site: () => this.#site, anchors, clock };
    const dns = new CertificateDns({ ...parts, rates: store.rates, log });
    return new CertificateSources(new CertificateDirectory(parts), dns);
  }

  /**
   * A faulty file leaves everything as it is. Addresses to listen on, the mail route, the certificate folder and the
   * database need a restart.
   */
  async #reload(): Promise<void> {
    const now = await fingerprintOf(this.#site);
    if (now === this.#seen) return;
    this.#seen = now;
    const { site, seen } = await loadWatchedSite(this.#site.file);
    this.#seen = seen;
    this.#site = site;
    this.#lists = new Lists(site, this.store);
    this.#scenarios = new ScenarioFiles(site, this);
    this.#anchors = new SiteTrust(site, this.log);
    this.log.info('sympa.conf read again');
    await this.store.jobs.releaseByCode('key-unavailable');
  }
}

function pipelineRunner(house: House, worker: string): JobRunner {
  const handlers = { 'process-message': processMessageHandler(house.parts) };
  return runner(house, worker, 'pipeline', handlers, pipelineConcurrency);
}

/** Apart from deliveries: a source that does not answer keeps none of them waiting. */
function lookUpRunner(house: House, worker: string): JobRunner {
  const handlers = { 'look-up-certificates': lookUpCertificatesHandler(house.parts) };
  return runner(house, worker, 'tasks', handlers, lookUpConcurrency);
}

function deliveryRunner(house: House, worker: string): JobRunner {
  const parts: DeliveryParts = house.parts;
  const handlers: Readonly<Record<string, JobHandler>> = {
    'deliver-packet': deliverPacketHandler(parts, new Payloads(parts)),
    'release-waiting': releaseWaitingHandler(parts),
    'resend-post': resendPostHandler(parts),
    'service-mail': serviceMailHandler(parts),
    'missing-notice': missingNoticeHandler(parts),
    remind: remindHandler(parts),
  };
  const concurrency = Math.min(parts.transport.maxConnections, maxDeliveryConcurrency);
  return runner(house, worker, 'delivery', handlers, concurrency);
}

function runner(
  { store, clock, log, parts, onStep }: House,
  worker: string,
  role: JobRole,
  handlers: Readonly<Record<string, JobHandler>>,
  concurrency: number,
): JobRunner {
  const onQuarantine = (job: Job, code: string, reason: string) => tellQuarantine(parts, job, code, reason);
  return new JobRunner({
    store,
    clock,
    log,
    role,
    worker,
    handlers,
    concurrency,
    onQuarantine,
    ...(onStep && { onStep: (at, { kind }) => onStep({ at, job: kind }) }),
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
    access: () => ({ lists: parts.lists, scenarios: parts.scenarios, store, clock, log }),
    keyring: house.keyring,
    title: () => house.site.conf.title,
    log,
  });
}

interface OpenListener {
  readonly protocol: 'lmtp' | 'smtp';
  readonly listener: MailListener;
}

async function openListeners(house: House, { onStep }: DaemonOptions): Promise<readonly OpenListener[]> {
  const { store, clock, log, site } = house;
  const handler = new IntakeService({
    site: () => house.site,
    lists: () => house.lists,
    store,
    clock,
    log,
    ...(onStep && { afterCommit: () => onStep({ at: 'received' }) }),
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
