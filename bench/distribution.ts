import { DaemonProcess } from '../test/kit/daemon-process.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../test/kit/mail.ts';
import { TestSite } from '../test/kit/site.ts';
import { type SinkProcess, startSinkProcess } from '../test/kit/smtp-sink-process.ts';

/** How long whole distributions take, from the end of the post to the last copy at the sink. */
export interface DistributionRow {
  readonly kind: 'sealed' | 'plain';
  /** Bytes of the text. */
  readonly size: number;
  readonly recipients: number;
  /** Of the best round. */
  readonly seconds: number;
  readonly copiesPerSecond: number;
}

/** How much is measured. */
export interface DistributionBenchOptions {
  readonly recipients?: number;
  readonly sizes?: readonly number[];
  readonly rounds?: number;
}

const from = 'alice@example.org';
const to = 'board@lists.example.org';

/**
 * Measures whole distributions through the real daemon, in a process of its own, to an SMTP sink in another, every
 * outcome written down on the embedded database.
 */
export async function benchDistribution(
  options: DistributionBenchOptions = {},
): Promise<readonly DistributionRow[]> {
  const { recipients = 1_000, sizes = [10_000, 100_000, 1_000_000], rounds = 3 } = options;
  const sink = await startSinkProcess();
  const site = await TestSite.make({
    relay: `smtp://127.0.0.1:${sink.port}`,
    conf: ['max_size 20000000', 'verp_rate 0%'],
  });
  try {
    const readers = Array.from({ length: recipients }, (_, i) => `reader${i}@example.net`);
    await site.list('board', readers, ['send public']);
    const list = site.listKey('board');
    const alice = site.ca.issue({ address: from, use: 'both', algorithm: 'rsa-2048' });
    await site.people(readers);
    const daemon = await DaemonProcess.start(site.confFile, ['--log-level', 'error']);
    const rows: DistributionRow[] = [];
    for (const kind of ['sealed', 'plain'] as const) {
      for (const size of sizes) {
        const text = 'All of this is secret until it is not.\r\n'.repeat(Math.ceil(size / 40));
        const make = () =>
          kind === 'plain'
            ? plainMessage({ from, to }, text)
            : message({ from, to }, encrypted(signed(textEntity(text), alice), list.certificate));
        const seconds = await bestOf(rounds, () => timeOne(site, daemon, sink, make(), recipients));
        rows.push({ kind, size, recipients, seconds, copiesPerSecond: Math.round(recipients / seconds) });
      }
    }
    await daemon.stop();
    return rows;
  } finally {
    await sink.close();
    await site.dispose();
  }
}

async function timeOne(
  site: TestSite,
  daemon: DaemonProcess,
  sink: SinkProcess,
  raw: Uint8Array,
  recipients: number,
): Promise<number> {
  await sink.count({ clear: true });
  const began = performance.now();
  await site.post(raw, { from, to }, daemon.ready.lmtp);
  // A plain post goes to many recipients at once; the sink counts messages, so the end is asked of the store.
  await site.allSent(recipients);
  return (performance.now() - began) / 1_000;
}

async function bestOf(rounds: number, run: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) best = Math.min(best, await run());
  return Math.round(best * 1_000) / 1_000;
}
