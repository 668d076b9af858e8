import { Command } from 'commander';
import { enqueuePacket } from '../delivery/waiting.ts';
import type { Store } from '../store/store.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';
import { dropEntry } from './spool-drop.ts';
import { type SpoolEntry, type SpoolKind, splitRowId, spoolEntries, spoolKinds } from './spool-entries.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa spool list [KIND]` */
export function spoolListCommand(io: CliIo): Command {
  const command = new Command('list')
    .description('Lists everything that waits, with the reason.')
    .argument('[kind]', spoolKinds.join(', '));
  return withJson(withConf(command)).action((kind: string | undefined, options: Options) =>
    withOpenSite(io, options, async ({ store }) => {
      if (kind !== undefined && !spoolKinds.includes(kind as SpoolKind))
        io.fail('usage', `${kind} is no kind; the kinds are ${spoolKinds.join(', ')}`);
      const entries = await spoolEntries(store, kind as SpoolKind | undefined);
      if (options.json) printJson(io, entries);
      else
        printTable(
          io,
          entries.map((one) => [
            one.id,
            one.kind,
            one.list,
            one.recipient,
            one.since,
            one.code ?? '',
            one.reason ?? '',
          ]),
        );
    }),
  );
}

/** `ssympa spool show ID` */
export function spoolShowCommand(io: CliIo): Command {
  return onEntry(
    io,
    'show',
    'Shows one thing that waits; never its content.',
    async ({ store }, entry, options) => {
      const message = await store.messages.find(entry.id);
      const more = message && {
        kindOfAddress: message.kind,
        bytes: message.size,
        state: message.state,
        verdict: message.verdict === null ? null : (JSON.parse(message.verdict) as unknown),
        decision: message.decision === null ? null : (JSON.parse(message.decision) as unknown),
      };
      const shown = { ...entry, ...more };
      if (options.json) printJson(io, shown);
      else
        printTable(
          io,
          Object.entries(shown).map(([name, value]) => [name, textOf(value)]),
        );
    },
  );
}

/** `ssympa spool retry ID` */
export function spoolRetryCommand(io: CliIo): Command {
  return onEntry(io, 'retry', 'Tries again now.', async ({ store }, entry) => {
    if (!(await retry(store, entry))) io.fail('not-found', `nothing is to be tried again for ${entry.id}`);
    io.stdout(`${entry.id} is tried again\n`);
  });
}

/** `ssympa spool release ID` */
export function spoolReleaseCommand(io: CliIo): Command {
  return onEntry(
    io,
    'release',
    'Lets a held post go out, or takes something out of quarantine.',
    async ({ store }, entry) => {
      if (entry.kind === 'moderation' || entry.kind === 'auth') await approve(store, entry.id);
      else if (!(await retry(store, entry))) io.fail('not-found', `${entry.id} cannot be released`);
      io.stdout(`${entry.id} is released\n`);
    },
  );
}

/** `ssympa spool drop ID` */
export function spoolDropCommand(io: CliIo): Command {
  return onEntry(io, 'drop', 'Drops something that waits; nobody is told.', async ({ store }, entry) => {
    await dropEntry(store, entry, io.clock.now());
    io.stdout(`${entry.id} is dropped\n`);
  });
}

function onEntry(
  io: CliIo,
  name: string,
  description: string,
  work: (open: OpenSite, entry: SpoolEntry, options: Options) => Promise<void>,
): Command {
  const command = new Command(name).description(description).argument('<id>', 'as spool list shows it');
  return withJson(withConf(command)).action((id: string, options: Options) =>
    withOpenSite(io, options, async (open) => {
      const entry = (await spoolEntries(open.store, undefined)).find((one) => one.id === id);
      if (!entry) return io.fail('not-found', `nothing that waits has the id ${id.slice(0, 400)}`);
      await work(open, entry, options);
    }),
  );
}

async function retry(store: Store, entry: SpoolEntry): Promise<boolean> {
  if (entry.kind === 'quarantine') return store.jobs.release(entry.id);
  if (entry.kind === 'incoming') {
    const job = await store.jobs.find('process-message', entry.id);
    return job !== undefined && store.jobs.release(job.id);
  }
  const [distributionId, address] = splitRowId(entry.id);
  if (entry.kind === 'waiting') {
    await store.jobs.enqueue({
      role: 'delivery',
      kind: 'release-waiting',
      subject: `${address} retry`,
      payload: { address },
    });
    return true;
  }
  const row = (await store.deliveries.ofDistribution(distributionId)).find((one) => one.address === address);
  const job = row && (await store.jobs.find('deliver-packet', `${distributionId} ${row.packet}`));
  if (job) return store.jobs.release(job.id);
  if (row) await enqueuePacket(store, distributionId, row.packet);
  return row !== undefined;
}

/** The operator's word stands for the editor's, or for the sender's confirmation. */
async function approve(store: Store, id: string): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.messages.setState(id, 'incoming', { code: 'released', reason: 'released by the operator' });
    await tx.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: id });
  });
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
