import { join } from 'node:path';
import type { Robot } from '../config/site.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { TrustTarget } from './site-trust.ts';

/** Whose key it is: a list, or the address that takes commands for a domain; with what says whom it trusts. */
export interface KeyOwner extends TrustTarget {
  /** The canonical address, which the certificate must name. */
  readonly address: string;
  /** The folder of `cert.pem` and `private_key`. */
  readonly directory: string;
}

/**
 * Gives the folder of the keys of the address that takes commands: `expl/sympa` for the main domain,
 * `expl/DOMAIN/sympa` for any other. No list can have that name, since it is reserved.
 */
export function siteKeyDirectory(robot: Robot): string {
  return join(robot.explDir, robot.conf.email);
}

/** Gives the address that takes commands for a domain as an owner of keys. */
export function siteKeyOwner(robot: Robot): KeyOwner {
  return {
    address: canonicalAddress(`${robot.conf.email}@${robot.domain}`),
    directory: siteKeyDirectory(robot),
    robot,
  };
}
