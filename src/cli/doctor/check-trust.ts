import type { Site } from '../../config/site.ts';
import { Lists } from '../../lists/lists.ts';
import { silentLog } from '../../log.ts';
import { SiteTrust, type TrustTarget, trustPlaces } from '../../trust/site-trust.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, problemOf, warning } from './finding.ts';

const check = 'trust';

/** Checks that `cafile` and `capath` of the site, of each domain and of each list can be read and hold anchors that are valid today. */
export async function checkTrust(site: Site, io: CliIo): Promise<readonly Finding[]> {
  const trust = new SiteTrust(site, silentLog);
  const findings = [...(await checkTarget(site, trust, {}, '', io.clock.now()))];
  const own = JSON.stringify(trustPlaces(site, {}));
  const targets = [
    ...site.robots.map((robot) => ({ name: robot.domain, target: { robot } })),
    ...(await new Lists(site).all()).map((list) => ({ name: list.address, target: list })),
  ];
  for (const { name, target } of targets) {
    if (JSON.stringify(trustPlaces(site, target)) === own) continue;
    findings.push(...(await checkTarget(site, trust, target, `${name}: `, io.clock.now())));
  }
  return findings;
}

async function checkTarget(
  site: Site,
  trust: SiteTrust,
  target: TrustTarget,
  name: string,
  nowMs: number,
): Promise<readonly Finding[]> {
  try {
    const { trustAnchors, crls } = await trust.for(target);
    const { cafile, capath } = trustPlaces(site, target);
    if (trustAnchors.length === 0 && (cafile ?? capath) !== undefined) {
      const text = `${name}cafile and capath hold no certificate: nobody is trusted`;
      return [warning(check, text, 'ssympa trust add FILE; until then no signature counts')];
    }
    if (trustAnchors.length === 0) {
      const hint = 'set cafile or capath; until then no signature counts';
      return [warning(check, `${name}nobody is trusted: neither cafile nor capath is set`, hint)];
    }
    const expired = trustAnchors.filter(({ notAfterMs }) => nowMs > notAfterMs).length;
    const faults = await trust.faults(target);
    return [
      fine(check, `${name}${trustAnchors.length} anchors, ${crls.length} revocation lists`),
      ...(expired === 0 ? [] : [warning(check, `${name}${expired} of the anchors have expired`)]),
      ...faults.map(({ path, reason }) => warning(check, `${path}: ${reason}`, 'take it out of the file')),
    ];
  } catch (error) {
    return [problemOf(check, error, 'put right cafile and capath')];
  }
}
