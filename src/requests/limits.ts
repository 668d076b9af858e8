import type { RateLimit } from '../store/rates.ts';
import type { Repositories } from '../store/store.ts';
import type { RequestParts } from './operation.ts';

const hourMs = 3_600_000;

/** Keys and notices that one address gets on the request of whoever writes to us. RFC 3834 §2 asks for such a limit. */
const perAddress: RateLimit = { max: 6, periodMs: hourMs, decay: 0 };
/** The same for all addresses of one domain together. */
const perDomain: RateLimit = { max: 200, periodMs: hourMs, decay: 0 };

/**
 * Tells whether an address may be written to because somebody, who need not be that address, asked for something. Both
 * limits count, so that neither a person nor a domain can be flooded by way of us.
 */
export async function mayMail(tx: Repositories, address: string): Promise<boolean> {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const fits = await tx.rates.allow(`mail ${address}`, perAddress);
  return fits && (await tx.rates.allow(`mail-domain ${domain}`, perDomain));
}

/** Tells whether an address may get one more report on its commands (`loop_command_max` and what goes with it). */
export async function mayReport(tx: Repositories, address: string, { site }: RequestParts): Promise<boolean> {
  const { conf } = site;
  return tx.rates.allow(`report ${address}`, {
    max: conf.loop_command_max,
    periodMs: conf.loop_command_sampling_delay * 1_000,
    decay: conf.loop_command_decrease_factor,
  });
}
