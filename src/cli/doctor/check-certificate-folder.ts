import { constants } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Site } from '../../config/site.ts';
import { isMissing } from '../../files.ts';
import { readCertificates } from '../../pki/pem.ts';
import { parseCertificateFileName } from '../../trust/certificate-file-name.ts';
import { type Finding, fine, problem, problemOf, warning } from './finding.ts';

const check = 'certificates';
/** Files beyond this number are counted, not read. */
const maxRead = 10_000;
const maxFileBytes = 256 << 10;
const maxNamed = 5;

/** Checks that the folder of user certificates can be written and holds certificates under names of addresses. */
export async function checkCertificateFolder({ certDir }: Site): Promise<readonly Finding[]> {
  try {
    await access(certDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const names = (await readdir(certDir)).filter((name) => !name.startsWith('.')).sort();
    const faulty: string[] = [];
    for (const name of names.slice(0, maxRead))
      if (!(await isCertificateFile(certDir, name))) faulty.push(name);
    if (faulty.length === 0) return [fine(check, `${names.length} files in ${certDir}`)];
    const shown = faulty
      .slice(0, maxNamed)
      .map((name) => JSON.stringify(name))
      .join(', ');
    const hint = 'a file holds one PEM certificate and is named ADDRESS, ADDRESS@enc or ADDRESS@sign';
    return [
      warning(check, `${faulty.length} of ${names.length} files in ${certDir} are not used: ${shown}`, hint),
    ];
  } catch (error) {
    if (isMissing(error))
      return [problem(check, `there is no folder ${certDir}`, 'make it, owned by the user of the service')];
    return [problemOf(check, error, `let the user of the service read and write ${certDir}`)];
  }
}

async function isCertificateFile(folder: string, name: string): Promise<boolean> {
  if (!parseCertificateFileName(name)) return false;
  try {
    const path = join(folder, name);
    const info = await stat(path);
    return info.isFile() && info.size <= maxFileBytes && readCertificates(await readFile(path)).length > 0;
  } catch {
    return false;
  }
}
