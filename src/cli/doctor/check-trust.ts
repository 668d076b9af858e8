import type { Site } from '../../config/site.ts';
import { silentLog } from '../../log.ts';
import { TrustAnchors } from '../../trust/trust-anchors.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, problem, problemOf, warning } from './finding.ts';

const check = 'trust';

/** Checks that `cafile` and `capath` can be read and hold anchors that are valid today. */
export async function checkTrust(site: Site, io: CliIo): Promise<readonly Finding[]> {
  try {
    const { trustAnchors, crls } = await new TrustAnchors(site.conf, silentLog).current();
    if (trustAnchors.length === 0 && (site.conf.cafile ?? site.conf.capath) !== undefined)
      return [
        problem(
          check,
          'cafile and capath hold no certificate: nobody is trusted',
          'put PEM certificates there',
        ),
      ];
    if (trustAnchors.length === 0) {
      const hint = 'set cafile or capath; until then no signature counts';
      return [warning(check, 'nobody is trusted: neither cafile nor capath is set', hint)];
    }
    const nowMs = io.clock.now();
    const expired = trustAnchors.filter(({ notAfterMs }) => nowMs > notAfterMs).length;
    const found = fine(check, `${trustAnchors.length} anchors, ${crls.length} revocation lists`);
    return expired === 0 ? [found] : [found, warning(check, `${expired} of the anchors have expired`)];
  } catch (error) {
    return [problemOf(check, error, 'put right cafile and capath')];
  }
}
