import { stat } from 'node:fs/promises';
import type { Site } from '../../config/site.ts';
import { siteKey, siteSecretFile } from '../../config/site-secret.ts';
import { type Finding, fine, problemOf, warning } from './finding.ts';

const check = 'configuration';

/** Checks what `loadSite` lets pass: parameters without effect, secrets in a file that everybody may read. */
export async function checkConfiguration(site: Site): Promise<readonly Finding[]> {
  const domains = site.robots.map(({ domain }) => domain).join(', ');
  const findings: Finding[] = [fine(check, `${site.file} is right; domains: ${domains}`)];
  if (site.withoutEffect.length > 0) {
    const names = site.withoutEffect.join(', ');
    findings.push(
      warning(
        check,
        `these parameters have no effect yet: ${names}`,
        'docs/reference/parameters.md tells which do',
      ),
    );
  }
  if (holdsSecret(site) && ((await stat(site.file)).mode & 0o004) !== 0) {
    const hint = `chmod o-r ${site.file}, or use key_passwd_file`;
    findings.push(warning(check, `${site.file} holds a secret, and everybody may read it`, hint));
  }
  findings.push(await checkSecret(site));
  return findings;
}

function holdsSecret({ conf }: Site): boolean {
  const password = URL.canParse(conf.database) ? new URL(conf.database).password : '';
  return (conf.key_passwd !== undefined && conf.key_passwd_file === undefined) || password !== '';
}

async function checkSecret(site: Site): Promise<Finding> {
  try {
    await siteKey(site, 'doctor');
    return fine(check, `the secret of the site is in ${siteSecretFile(site)}`);
  } catch (error) {
    return problemOf(check, error);
  }
}
