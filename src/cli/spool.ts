import { Command } from 'commander';
import { enqueuePacket } from '../delivery/waiting.ts';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
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
import {
  findEntry,
  type SpoolEntry,
  type SpoolKind,
  splitRowId,
  spoolEntries,
  spoolKinds,
} from './spool-entries.ts';
import { handOver } from './spool-hand-over.ts';
import { releaseHeld } from './spool-release.ts';

type Options = SiteOptions & JsonOptions;

interface ListOptions extends Options {
  readonly limit: string;
}

interface ShowOptions extends Options {
  readonly sealFor?: string;
}

const usualLimit = '10000';

/** `ssympa spool list [KIND]` */
export function spoolListCommand(io: CliIo): Command {
  const command = new Command('list')
    .description('Lists everything that waits, with the reason.')
    .argument('[kind]', spoolKinds.join(', '))
    .option('--limit <number>', 'the most of each kind, the oldest first', usualLimit);
  return withJson(withConf(command)).action((kind: string | undefined, options: ListOptions) =>
    withOpenSite(io, options, async ({ store }) => {
      if (kind !== undefined && !spoolKinds.includes(kind as SpoolKind))
        io.fail('usage', `${kind} is no kind; the kinds are ${spoolKinds.join(', ')}`);
      if (!/^[1-9]\d{0,7}$/.test(options.limit)) io.fail('usage', '--limit takes a number from 1');
      const limit = Number(options.limit);
      const { entries, cut } = await spoolEntries(store, kind as SpoolKind | undefined, limit);
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
      // On standard error, so that the JSON stays what it is.
      if (cut.length > 0)
        io.stderr(
          `ssympa: hint: more waits than is shown (${limit} of ${cut.join(', ')}); --limit shows more\n`,
        );
    }),
  );
}

/** `ssympa spool show ID` */
export function spoolShowCommand(io: CliIo): Command {
  const command = onEntry(
    io,
    'show',
    'Shows one thing that waits; never its content. With --seal-for it writes the post, encrypted for one reader.',
    async (open, entry, options: ShowOptions) => {
      const { store } = open;
      if (options.sealFor !== undefined) {
        if (options.json) io.fail('usage', '--seal-for writes a mail, --json does not go with it');
        const address = parseAddress(options.sealFor);
        if (address === undefined) return io.fail('usage', `${options.sealFor} is no address`);
        for (const piece of await handOver(io, open, entry, canonicalAddress(address))) io.stdout(piece);
        return;
      }
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
  return command.option(
    '--seal-for <address>',
    'write the post as a mail, encrypted with the certificate of this address',
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
    'Lets a held post go out and a request that waits be done, or takes something out of quarantine.',
    async (open, entry) => {
      if (entry.kind === 'moderation' || entry.kind === 'auth') await releaseHeld(io, open, entry);
      else if (!(await retry(open.store, entry))) io.fail('not-found', `${entry.id} cannot be released`);
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

function onEntry<T extends Options>(
  io: CliIo,
  name: string,
  description: string,
  work: (open: OpenSite, entry: SpoolEntry, options: T) => Promise<void>,
): Command {
  const command = new Command(name).description(description).argument('<id>', 'as spool list shows it');
  return withJson(withConf(command)).action((id: string, options: T) =>
    withOpenSite(io, options, async (open) => {
      const entry = await findEntry(open.store, id);
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

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
