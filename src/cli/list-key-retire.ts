import { Command } from 'commander';
import { MimeError } from '../mime/error.ts';
import { openMessage } from '../smime/open-message.ts';
import type { Store } from '../store/store.ts';
import { TrustError } from '../trust/error.ts';
import { moveGenerationAside, retireGeneration } from '../trust/list-key-files.ts';
import { encryptionIdentity, type ListKeys, signingIdentity } from '../trust/list-keys.ts';
import { type KeyOwner, siteKeyOwner } from '../trust/site-key.ts';
import type { CliIo } from './io.ts';
import { keyOwnerOf } from './key-owner.ts';
import { duties, generationName, keysOf } from './key-roles.ts';
import { type SiteOptions, withConf, withOpenSite } from './site-options.ts';

interface Options extends SiteOptions {
  readonly moveAside?: boolean;
  readonly yes?: boolean;
}

/** `ssympa list key retire LIST GENERATION` */
export function listKeyRetireCommand(io: CliIo): Command {
  const command = new Command('retire')
    .description(
      'Retires a key: it still decrypts, and is neither given out nor signs. What is given out and signs from then on is printed. With --move-aside it is not used at all, unless a stored message needs it.',
    )
    .argument('<list>', 'name or name@domain; `sympa` for the address that takes commands')
    .argument('<generation>', 'as `list key show` names it: current, enc, sign, 2026-01-31 …')
    .option('--move-aside', 'move the pair to the folder old-keys, where nothing uses it')
    .option('--yes', 'confirm --move-aside');
  return withConf(command).action((name: string, generation: string, options: Options) =>
    withOpenSite(io, options, async ({ site, store }) => {
      const owner = await keyOwnerOf(site, name);
      const suffix = suffixNamed(io, generation);
      const before = await keysOf(site, owner);
      if (!options.moveAside) {
        const retired = await retireGeneration(owner.directory, suffix, io.clock.now());
        io.stdout(`${owner.address}: ${retired.slice(1)} decrypts, and does nothing else\n`);
        return tellDuties(io, before, await keysOf(site, owner));
      }
      if (!options.yes)
        io.fail('usage', 'mail to this key cannot be read any more afterwards', { hint: 'say --yes' });
      const isSite = site.robots.some((robot) => siteKeyOwner(robot).address === owner.address);
      // Mail to an address of the site is stored without a list.
      await refuseNeeded(store, { owner, list: isSite ? '' : owner.address }, before, suffix);
      io.stdout(`${owner.address}: moved to ${await moveGenerationAside(owner.directory, suffix)}\n`);
      tellDuties(io, before, await keysOf(site, owner));
    }),
  );
}

/** A generation that was replaced may come back into service, since the newest that is left stands in: that is said. */
function tellDuties(io: CliIo, before: ListKeys, now: ListKeys): void {
  for (const line of duties(now)) io.stdout(`${line}\n`);
  const served = [encryptionIdentity, signingIdentity].map((duty) => [duty(before), duty(now)] as const);
  const back = served.flatMap(([was, is]) =>
    is && is.generation !== was?.generation ? [generationName(is.generation)] : [],
  );
  for (const name of new Set(back))
    io.stdout(`${name} came back into service: retire it too where that is not meant\n`);
}

function suffixNamed(io: CliIo, generation: string): string {
  if (generation === 'current') return '';
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(generation))
    io.fail('usage', `${generation.slice(0, 50)} is no generation`);
  return generation.startsWith('.') ? generation : `.${generation}`;
}

/** A key that does not open now cannot be tried, so that it stays. */
async function refuseNeeded(
  store: Store,
  { owner, list }: { readonly owner: KeyOwner; readonly list: string },
  keys: ListKeys,
  suffix: string,
): Promise<void> {
  const own = keys.identities.filter(({ generation }) => generation === suffix);
  const others = keys.identities.filter(({ generation }) => generation !== suffix);
  if (own.length === 0)
    throw new TrustError('no-such-key', `${owner.address} has no usable key of that name`);
  for (const id of await store.messages.idsWithBytes(list)) {
    const { raw } = await store.messages.get(id);
    if (!opens(raw, own) || opens(raw, others)) continue;
    throw new TrustError('key-in-use', `the stored message ${id} can be opened by this key alone`, {
      hint: 'retire the key without --move-aside: it still decrypts then',
    });
  }
}

function opens(raw: Uint8Array, identities: ListKeys['identities']): boolean {
  const trust = { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' } as const;
  try {
    const opened = openMessage(raw, { identities, lockedCertificates: [], trust, atMs: 0, legacy: true });
    return opened.decryption.status === 'opened';
  } catch (error) {
    if (error instanceof MimeError) return false;
    throw error;
  }
}
