import { canonicalAddress, parseAddress } from '../mime/address.ts';
import type { CliIo } from './io.ts';

/** Reads addresses of a command line; one that is none ends the command with 65. */
export function canonicalAddresses(io: CliIo, texts: readonly string[]): readonly string[] {
  return texts.map((text) => {
    const address = parseAddress(text);
    if (address === undefined) io.fail('bad-input', `${JSON.stringify(text.slice(0, 320))} is no address`);
    return canonicalAddress(address);
  });
}
