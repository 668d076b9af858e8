import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import type { Site } from '../../config/site.ts';
import { SsympaError } from '../../errors.ts';
import { isMissing } from '../../files.ts';
import { silentLog } from '../../log.ts';
import { openStore } from '../../store/store.ts';
import { parseCertificateFileName } from '../../trust/certificate-file-name.ts';
import { TrustError } from '../../trust/error.ts';
import { FolderFiles } from '../../trust/folder-files.ts';
import type { AuthorityStore } from '../../trust/kept-authorities.ts';
import { OperatorCertificates } from '../../trust/operator-certificates.ts';
import { SiteTrust } from '../../trust/site-trust.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, problem, problemOf, warning } from './finding.ts';

const check = 'certificates';
/** Files beyond this number are counted, not read. */
const maxRead = 10_000;
const maxNamed = 20;

interface Fault {
  readonly name: string;
  readonly code: string;
  readonly reason: string;
}

/** Reads each file of the folder of user certificates as the intake does, and names those that it does not take. */
export async function checkCertificateFolder(site: Site, io: CliIo): Promise<readonly Finding[]> {
  const { certDir } = site;
  try {
    await access(certDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const names = (await readdir(certDir)).filter((name) => !name.startsWith('.')).sort();
    const { refused, passedOver } = await faultsOf(site, io, names.slice(0, maxRead));
    const whole = `${names.length} files in ${certDir}`;
    const first =
      refused.length === 0
        ? fine(check, whole)
        : warning(check, `${refused.length} of ${whole} are not used`, nameHint);
    return [first, ...linesOf(refused, 'is not used'), ...linesOf(passedOver, 'is used in part')];
  } catch (error) {
    if (isMissing(error))
      return [problem(check, `there is no folder ${certDir}`, 'make it, owned by the user of the service')];
    return [problemOf(check, error, `let the user of the service read and write ${certDir}`)];
  }
}

const nameHint =
  'a file is named ADDRESS, ADDRESS@enc or ADDRESS@sign, and holds PEM certificates of that address, with their chain';

function linesOf(faults: readonly Fault[], what: string): readonly Finding[] {
  const shown = faults
    .slice(0, maxNamed)
    .map(({ name, code, reason }) => warning(check, `${JSON.stringify(name)} ${what} (${code}): ${reason}`));
  const more = faults.length - shown.length;
  return more > 0 ? [...shown, warning(check, `and ${more} more`)] : shown;
}

async function faultsOf(
  site: Site,
  io: CliIo,
  names: readonly string[],
): Promise<{ readonly refused: readonly Fault[]; readonly passedOver: readonly Fault[] }> {
  const files = new FolderFiles(site.certDir);
  const anchors = new SiteTrust(site, silentLog);
  const operator = new OperatorCertificates({ anchors, clock: io.clock });
  const refused: Fault[] = [];
  const passedOver: Fault[] = [];
  const known = await keptAuthorities(site, io);
  for (const name of names) {
    const said = parseCertificateFileName(name);
    try {
      if (!said) throw new TrustError('bad-address', 'the name of the file is no mail address');
      const found = await operator.pick(known, await files.read(name), said.address, said.usage);
      passedOver.push(...found.passedOver.map(({ code, reason }) => ({ name, code, reason })));
    } catch (error) {
      if (!(error instanceof SsympaError)) throw error;
      refused.push({ name, code: error.code, reason: error.message });
    }
  }
  return { refused, passedOver };
}

/** Another check tells of a database that does not open; the files are looked at all the same. */
async function keptAuthorities({ conf }: Site, io: CliIo): Promise<AuthorityStore> {
  const none = { authorities: { list: async () => [], version: async () => '' } };
  try {
    const store = await openStore(conf.database, { clock: io.clock, log: silentLog });
    const { authorities } = store;
    try {
      const [all, version] = [await authorities.list(), await authorities.version()];
      return { authorities: { list: async () => all, version: async () => version } };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof SsympaError) return none;
    throw error;
  }
}
