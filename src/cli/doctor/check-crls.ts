import type { Site } from '../../config/site.ts';
import { CrlStore, crlState } from '../../trust/crl-store.ts';
import { crlDirectory } from '../../trust/site-trust.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, problemOf, warning } from './finding.ts';

const check = 'revocation';

/** Checks that the revocation lists at hand can be read and are current, where the policy looks at them. */
export async function checkCrls(site: Site, io: CliIo): Promise<readonly Finding[]> {
  const { crl_policy: policy } = site.conf;
  if (policy === 'off') return [fine(check, 'crl_policy is off: no revocation list is looked at')];
  try {
    const stored = await new CrlStore(crlDirectory(site)).list();
    const hint = 'ssympa crl update fetches new ones; crl_update_task daily does so each day';
    const findings: Finding[] = [];
    for (const { file, url, crls } of stored) {
      if (crls.length === 0) findings.push(warning(check, `${file} is no revocation list`, 'take it away'));
      const stale = crls.some((crl) => crlState(crl, io.clock.now()) === 'stale');
      const effect =
        policy === 'require' ? 'certificates of its authority are refused' : 'it vouches for nobody';
      if (stale) findings.push(warning(check, `the list of ${url ?? file} is out of date: ${effect}`, hint));
    }
    if (findings.length > 0) return findings;
    if (policy === 'require' && stored.length === 0)
      return [
        warning(check, 'crl_policy is require, and there is no revocation list: no signature counts', hint),
      ];
    return [fine(check, `${stored.length} revocation lists, none out of date`)];
  } catch (error) {
    return [problemOf(check, error, 'let the user of the service read crl_dir')];
  }
}
