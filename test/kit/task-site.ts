import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceMailHandler } from '../../src/delivery/send-service-mail.ts';
import type { ServiceMail } from '../../src/delivery/service-mail.ts';
import { silentLog } from '../../src/log.ts';
import { newId } from '../../src/secrets.ts';
import type { RunEnd } from '../../src/tasks/execute.ts';
import { runTask } from '../../src/tasks/run-instance.ts';
import type { TaskParts } from '../../src/tasks/task-run.ts';
import { TaskRunner } from '../../src/tasks/task-runner.ts';
import { siteModels } from '../../src/tasks/wanted-tasks.ts';
import { usualLimits, type WorkLimits } from '../../src/tasks/work-limits.ts';
import { checkOperatorCertificate } from '../../src/trust/certificate-check.ts';
import { ListKeyring } from '../../src/trust/list-keys.ts';
import type { TestIdentity } from './mail.ts';
import { makeQuietSite, type QuietSite } from './quiet-site.ts';
import { linesLog } from './site.ts';

const dayMs = 86_400_000;

/** A clock that stands still until a test moves it. */
export interface MovedClock {
  at: number;
  now(): number;
}

/** A service mail as it was asked for. */
export type AskedMail = Pick<ServiceMail, 'template' | 'list' | 'to' | 'variables'>;

/** A site whose tasks a test runs by hand, at times of its own. */
export interface TaskSite {
  readonly quiet: QuietSite;
  readonly clock: MovedClock;
  readonly parts: TaskParts;
  readonly log: ReturnType<typeof linesLog>;
  /** Makes a node that runs tasks. */
  node(holder?: string, parts?: TaskParts, limits?: WorkLimits): TaskRunner;
  /** Makes an open list with subscribers. */
  list(
    name: string,
    subscribers?: readonly string[],
    parameters?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Writes a task model of the site. */
  model(fileName: string, lines: readonly string[]): void;
  /** Runs lines as a task, from the top, on a list or the site. */
  run(lines: readonly string[], object?: string, parts?: TaskParts): Promise<RunEnd>;
  /** Goes a day on and lets each node look, so many times. */
  days(count: number, ...nodes: readonly TaskRunner[]): Promise<void>;
  /** Keeps a certificate that a person has. */
  certificate(address: string, notAfterMs: number, more?: object): Promise<TestIdentity>;
  /** Gives a list a certificate. */
  listCertificate(name: string, notAfterMs: number): TestIdentity;
  /** Takes the service mails that were asked for; they are rendered as well, so that none is faulty. */
  mails(): Promise<readonly AskedMail[]>;
}

/** Gives lines of `sympa.conf` that switch off every task of the site but those that they name. */
export function onlyTasks(...lines: readonly string[]): readonly string[] {
  const others = Object.keys(siteModels).filter(
    (model) => !lines.some((line) => line.startsWith(`${model}_task `)),
  );
  return [...lines, ...others.map((model) => `${model}_task none`)];
}

/** Makes such a site of the domain `example.org`, whose clock starts at noon. */
export async function makeTaskSite(conf: readonly string[] = []): Promise<TaskSite> {
  const clock: MovedClock = { at: Date.UTC(2026, 10, 24, 12), now: () => clock.at };
  const quiet = await makeQuietSite(clock, conf);
  const log = linesLog();
  const keyring = new ListKeyring(() => undefined, silentLog);
  const parts: TaskParts = { ...quiet.parts, log, keyring };
  const { store, site, lists, ca } = quiet;
  const model = (fileName: string, lines: readonly string[]) => {
    const folder = join(site.etcDir, 'tasks');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, fileName), `${lines.join('\n')}\n`);
  };
  return {
    quiet,
    clock,
    parts,
    log,
    model,
    node: (holder = 'node a', with_ = parts, limits = usualLimits) =>
      new TaskRunner(with_, holder, 20, limits),
    list: async (name, subscribers = [], parameters = {}) => {
      const owners = ['owner@example.org'];
      const list = await lists.create({ name, owners, parameters, nowMs: clock.now() });
      for (const address of subscribers) await store.subscribers.add({ list: list.address, address });
      return list.address;
    },
    run: async (lines, object = '_global', with_ = parts) => {
      model('made-up.once.task', lines);
      const wanted = { model: 'made-up', version: 'once', object, label: '', key: newId(clock.at) };
      const more = { createdAtMs: clock.at, nowMs: clock.at, variables: new Map() };
      return runTask({ ...wanted, ...more, signal: new AbortController().signal }, with_);
    },
    days: async (count, ...nodes) => {
      for (let i = 0; i < count; i++) {
        clock.at += dayMs;
        for (const node of nodes) await node.runOnce();
      }
    },
    certificate: async (address, notAfterMs, more = {}) => {
      const notBeforeMs = clock.at - dayMs;
      const pair = ca.issue({ address, algorithm: 'rsa-2048', notBeforeMs, notAfterMs, ...more });
      const { certificate } = pair;
      const usage = checkOperatorCertificate(certificate, address, 'both', clock.at);
      const kept = { address, certificate, usage, source: 'operator', signingTimeMs: null } as const;
      await parts.certificates.keep(store, { ...kept, capabilities: null });
      return pair;
    },
    listCertificate: (name, notAfterMs) => {
      const notBeforeMs = clock.at - dayMs;
      const pair = ca.issue({
        address: `${name}@example.org`,
        algorithm: 'rsa-2048',
        notBeforeMs,
        notAfterMs,
      });
      writeFileSync(join(site.explDir, name, 'cert.pem'), pair.certificatePem);
      writeFileSync(join(site.explDir, name, 'private_key'), pair.privateKeyPem, { mode: 0o600 });
      return pair;
    },
    mails: async () => {
      const jobs = await store.jobs.list({ states: ['ready'] });
      const asked: AskedMail[] = [];
      for (const job of jobs.filter(({ kind }) => kind === 'service-mail')) {
        await serviceMailHandler(quiet.parts)(job);
        const { template, list, to, variables } = job.payload as unknown as AskedMail;
        asked.push({ template, list, to, variables });
        await store.jobs.complete(job.id);
      }
      return asked.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    },
  };
}

function nameOf({ template, to }: AskedMail): string {
  return `${template} ${to}`;
}
