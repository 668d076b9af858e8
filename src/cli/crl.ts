import { resolve } from 'node:path';
import { Command } from 'commander';
import { silentLog } from '../log.ts';
import { formatName } from '../pki/name-text.ts';
import { CrlStore, crlState, type StoredCrl } from '../trust/crl-store.ts';
import { crlDirectory } from '../trust/site-trust.ts';
import { updateCrls } from '../trust/update-crls.ts';
import { exitCodes } from './exit-code.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import {
  type JsonOptions,
  type SiteOptions,
  siteOf,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly from?: string;
}

/** `ssympa crl update` */
export function crlUpdateCommand(io: CliIo): Command {
  const command = new Command('update')
    .description(
      'Fetches the revocation lists that trusted certificates name. Exit 1 when one of them cannot be had; the one at hand stays then.',
    )
    .option('--from <file>', 'fetch from these addresses as well, one a line');
  return withJson(withConf(command)).action((options: Options) =>
    withOpenSite(io, options, async ({ site, store, lists }) => {
      const parts = { site, store, lists: await lists.all(), clock: io.clock, log: silentLog };
      const listFile = options.from === undefined ? {} : { listFile: resolve(io.cwd, options.from) };
      const outcomes = await updateCrls(parts, listFile);
      if (options.json) printJson(io, outcomes);
      else
        printTable(
          io,
          outcomes.map(({ url, status, reason }) => [status, url, reason ?? '']),
        );
      if (outcomes.some(({ status }) => status === 'failed')) io.exit(exitCodes.no);
    }),
  );
}

/** `ssympa crl list` */
export function crlListCommand(io: CliIo): Command {
  const command = new Command('list').description(
    'Lists the revocation lists at hand. One that is stale vouches for no certificate; what it revokes for good stays revoked.',
  );
  return withJson(withConf(command)).action(async (options: Options) => {
    const site = await siteOf(io, options);
    const stored = await new CrlStore(crlDirectory(site)).list();
    const shown = stored.flatMap((one) => describe(one, io.clock.now()));
    if (options.json) {
      printJson(io, shown);
      return;
    }
    printTable(
      io,
      shown.map((one) => [one.status, one.nextUpdate ?? '-', one.issuer ?? '-', one.url ?? one.file]),
    );
  });
}

interface ShownCrl {
  readonly file: string;
  readonly url: string | null;
  readonly status: string;
  readonly issuer: string | null;
  readonly thisUpdate: string | null;
  readonly nextUpdate: string | null;
  readonly revoked: number | null;
}

function describe(stored: StoredCrl, nowMs: number): readonly ShownCrl[] {
  const { file, crls } = stored;
  const url = stored.url ?? null;
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  const nothing = { issuer: null, thisUpdate: null, nextUpdate: null, revoked: null };
  if (crls.length === 0) return [{ file, url, status: 'unreadable', ...nothing }];
  return crls.map((crl) => ({
    file,
    url,
    status: crlState(crl, nowMs),
    issuer: formatName(crl.issuer),
    thisUpdate: iso(crl.thisUpdateMs),
    nextUpdate: iso(crl.nextUpdateMs),
    revoked: crl.size,
  }));
}
