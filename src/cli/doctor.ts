import { Command } from 'commander';
import { atPlace, ConfigError } from '../config/error.ts';
import { loadSite, type Site } from '../config/site.ts';
import { checkCertificateFolder } from './doctor/check-certificate-folder.ts';
import { checkCertificateSources } from './doctor/check-certificate-sources.ts';
import { checkConfiguration } from './doctor/check-configuration.ts';
import { checkCrls } from './doctor/check-crls.ts';
import { checkDataSources } from './doctor/check-data-sources.ts';
import { checkDatabase } from './doctor/check-database.ts';
import { checkDns, type MailExchangers, systemMailExchangers } from './doctor/check-dns.ts';
import { checkKeys } from './doctor/check-keys.ts';
import { checkLists } from './doctor/check-lists.ts';
import { checkMailRoute } from './doctor/check-mail-route.ts';
import { checkOpenssl } from './doctor/check-openssl.ts';
import { checkScenarios } from './doctor/check-scenarios.ts';
import { checkTasks } from './doctor/check-tasks.ts';
import { checkTrust } from './doctor/check-trust.ts';
import { type Finding, type FindingStatus, problem } from './doctor/finding.ts';
import { exitCodes } from './exit-code.ts';
import { type CliIo, printJson } from './io.ts';
import { confFileOf, type JsonOptions, type SiteOptions, withConf, withJson } from './site-options.ts';

/** What the checks ask of the world outside. */
export interface DoctorWorld {
  readonly mailExchangers: MailExchangers;
}

type Check = (site: Site, io: CliIo, world: DoctorWorld) => Promise<readonly Finding[]>;

/** The checks in the order in which they are printed. */
const checks: readonly Check[] = [
  checkConfiguration,
  checkLists,
  checkScenarios,
  checkKeys,
  checkTrust,
  checkCrls,
  checkOpenssl,
  checkDatabase,
  checkTasks,
  checkDataSources,
  checkCertificateFolder,
  checkCertificateSources,
  checkMailRoute,
  (site, _io, { mailExchangers }) => checkDns(site, mailExchangers),
];

const marks: Readonly<Record<FindingStatus, string>> = { ok: 'ok   ', warn: 'warn ', error: 'ERROR' };

/** `ssympa doctor` */
export function doctorCommand(
  io: CliIo,
  world: DoctorWorld = { mailExchangers: systemMailExchangers },
): Command {
  const command = new Command('doctor').description(
    'Checks configuration, lists, keys, trust, database, tasks, sources of certificates, mail route and DNS; one line each, with what to do. Exit 1 when something is wrong.',
  );
  return withJson(withConf(command)).action(async (options: SiteOptions & JsonOptions) => {
    const findings = await examine(io, await confFileOf(io, options), world);
    if (options.json) printJson(io, findings);
    else for (const finding of findings) print(io, finding);
    if (findings.some(({ status }) => status === 'error')) io.exit(exitCodes.no);
  });
}

async function examine(io: CliIo, confFile: string, world: DoctorWorld): Promise<readonly Finding[]> {
  let site: Site;
  try {
    site = await loadSite(confFile);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ text, place, hint }) =>
      problem('configuration', atPlace(text, place), hint),
    );
  }
  const findings = await Promise.all(checks.map((check) => check(site, io, world)));
  return findings.flat();
}

function print(io: CliIo, { check, status, text, hint }: Finding): void {
  io.stdout(`${marks[status]} ${check}: ${text}\n`);
  if (hint !== null) io.stdout(`        ${hint}\n`);
}
