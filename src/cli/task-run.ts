import { Command } from 'commander';
import { ScenarioFiles } from '../lists/scenario-files.ts';
import type { Log, LogFields } from '../log.ts';
import { parseDateExpression } from '../scenario/dates.ts';
import { newId } from '../secrets.ts';
import { workerName } from '../store/dead-workers.ts';
import { globalObject, type TaskInstance } from '../store/tasks.ts';
import type { RunEnd } from '../tasks/execute.ts';
import { type ModelName, versionOfModel } from '../tasks/model-files.ts';
import { runTask } from '../tasks/run-instance.ts';
import type { TaskParts } from '../tasks/task-run.ts';
import { refuseBusyTask, taskLock, withTaskLock } from '../tasks/task-runner.ts';
import { listModels, siteModels } from '../tasks/wanted-tasks.ts';
import { ListKeyring } from '../trust/list-keys.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import { crlUpdater } from '../trust/update-crls.ts';
import { UserCertificates } from '../trust/user-certificates.ts';
import { type CliIo, printJson } from './io.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

interface Options extends SiteOptions, JsonOptions {
  readonly list?: string;
  readonly label?: string;
  readonly at?: string;
}

/** `ssympa task run MODEL [--list LIST] [--label LABEL] [--at TIME]` */
export function taskRunCommand(io: CliIo): Command {
  const command = new Command('run')
    .description(
      'Runs a task model now, beside its schedule: what it does is done, mails go out by way of the daemon, and the time that `next` names is only printed.',
    )
    .argument('<model>', 'MODEL, or MODEL.VERSION')
    .option('--list <list>', 'the list that it is about; the whole site without it')
    .option('--label <label>', 'where to start; else where the next run of the task would, or at the top')
    .option('--at <time>', 'the time that it goes by: 2027-01-31, 2027-01-31T12:00Z or 2027y1m31d12h');
  return withJson(withConf(command)).action((model: string, options: Options) =>
    withOpenSite(io, options, async (open) => run(io, open, model, options)),
  );
}

async function run(io: CliIo, open: OpenSite, text: string, options: Options): Promise<void> {
  const parts = partsOf(io, open);
  const list = options.list === undefined ? undefined : await open.lists.get(options.list);
  const object = list?.address ?? globalObject;
  const model = text.split('.')[0]!;
  const instance = await open.store.tasks.find(model, object);
  const version = await versionOf(text, instance, parts, list?.address);
  const nowMs = timeOf(io, options.at);
  let end: RunEnd | undefined;
  const wanted = {
    model,
    version,
    object,
    label: options.label ?? (instance?.version === version ? instance.label : ''),
    createdAtMs: instance?.createdAt ?? nowMs,
    nowMs,
    key: newId(io.clock.now()),
    variables: new Map(Object.entries(instance?.variables ?? {})),
  };
  const isOurs = await withTaskLock(parts, `${workerName()} task run`, taskLock(wanted), async () => {
    end = await untilInterrupted((signal) => runTask({ ...wanted, signal }, parts));
    // This run is not done again: its key was made for it alone.
    await parts.store.taskMails.forget(wanted.key);
  });
  if (!isOurs || !end) refuseBusyTask(model);
  report(io, { model, version, object }, end, options);
}

/** A program that a task runs is in a process group of its own: whoever interrupts the command would not reach it. */
async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const abort = () => interrupted.abort();
  for (const signal of signals) process.once(signal, abort);
  try {
    return await work(interrupted.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}

function report(
  io: CliIo,
  task: ModelName & { readonly object: string },
  end: RunEnd,
  { json }: Options,
): void {
  if (end.status === 'failed') throw end.error;
  if (end.status === 'aborted') io.fail('interrupted', `${task.model}.${task.version} was broken off`);
  const next = end.status === 'next' ? { label: end.label, due: new Date(end.dueAtMs).toISOString() } : null;
  if (json) {
    printJson(io, { ...task, status: end.status, label: next?.label ?? null, due: next?.due ?? null });
    return;
  }
  const then = next ? `the next run would start at ${next.label} at ${next.due}` : 'the task would stop';
  io.stdout(`${task.model}.${task.version}: done; ${then}\n`);
}

/** The version that was given, that of the task, that of the parameter, or the first that there is a file of. */
async function versionOf(
  text: string,
  instance: TaskInstance | undefined,
  parts: TaskParts,
  address: string | undefined,
): Promise<string> {
  const [model = '', ...rest] = text.replace(/\.task$/, '').split('.');
  if (rest.length > 0) return rest.join('.');
  if (instance) return instance.version;
  const list = address === undefined ? undefined : await parts.lists.get(address);
  const ofSite = Object.hasOwn(siteModels, model) ? siteModels[model as keyof typeof siteModels] : undefined;
  const ofLists = Object.hasOwn(listModels, model) ? listModels[model as keyof typeof listModels] : undefined;
  const named = list ? ofLists?.(list) : ofSite?.(parts.site);
  if (named !== undefined && named !== 'none') return named;
  return versionOfModel(parts.site, model, list ?? parts.site.robots[0]!);
}

/** A date of the calendar in UTC, or a date as task models have them. */
function timeOf(io: CliIo, text: string | undefined): number {
  if (text === undefined) return io.clock.now();
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)) {
    const isZoned = /(?:Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T');
    const ms = Date.parse(isZoned ? text : `${text}Z`);
    if (!Number.isNaN(ms)) return ms;
  }
  const seconds = parseDateExpression(text, io.clock.now());
  return seconds === undefined ? io.fail('usage', `${text} is no time`) : seconds * 1_000;
}

function partsOf(io: CliIo, { site, store, lists }: OpenSite): TaskParts {
  const { clock } = io;
  const log = logTo(io);
  const keyring = new ListKeyring(() => site.conf.key_passwd, log);
  const scenarios = new ScenarioFiles(site, { clock, log });
  const updateCrls = crlUpdater(async () => ({ site, store, lists: await lists.all(), clock, log }));
  const certificates = new UserCertificates(clock, new SiteTrust(site, log));
  return { site, store, lists, clock, log, keyring, scenarios, certificates, updateCrls };
}

function logTo(io: CliIo): Log {
  const write = (event: string, fields: LogFields = {}) =>
    io.stderr(`ssympa: ${event} ${JSON.stringify(fields)}\n`);
  return { debug: () => undefined, info: write, warn: write, error: write };
}
