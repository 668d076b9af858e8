import type { Site } from '../config/site.ts';
import type { Certificate } from '../pki/certificate.ts';
import { PkiError } from '../pki/error.ts';
import { TrustError } from './error.ts';
import type { JudgedTrust, SiteTrust, TrustTarget } from './site-trust.ts';

/** A list, whose `config` may be faulty: what it names is not known then. */
export type TrustingList = TrustTarget & { readonly error?: unknown };

/** Whom anybody trusts. */
export interface AnchorsOfAll {
  readonly anchors: readonly Certificate[];
  /** False where a file or a `config` cannot be read, so that there may be more. */
  readonly isWhole: boolean;
}

/** Gives every anchor of a site, of its domains and of its lists, once. */
export async function anchorsOfAll(
  { robots }: Pick<Site, 'robots'>,
  lists: readonly TrustingList[],
  trust: Pick<SiteTrust, 'for'>,
): Promise<AnchorsOfAll> {
  const targets: readonly TrustTarget[] = [{}, ...robots.map((robot) => ({ robot })), ...lists];
  const found = await Promise.all(targets.map((target) => trust.for(target).catch(noneWhereBroken)));
  const all = [...new Set(found)].flatMap((one) => one?.trustAnchors ?? []);
  const anchors = [...new Map(all.map((anchor) => [anchor.sha256, anchor])).values()];
  return { anchors, isWhole: !found.includes(undefined) && !lists.some(({ error }) => error) };
}

/** A list whose file is broken trusts nobody; the doctor tells. */
function noneWhereBroken(error: unknown): JudgedTrust | undefined {
  if (error instanceof TrustError || error instanceof PkiError) return undefined;
  throw error;
}
