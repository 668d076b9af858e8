import { Command } from 'commander';
import { certificateUses } from '../pki/certificate.ts';
import { splitMessage } from '../smime/content-entity.ts';
import { signEntity } from '../smime/sign-entity.ts';
import type { CliIo } from './io.ts';
import { readInput } from './read-input.ts';
import { type KeyOptions, readKeyPairs, withKeys } from './smime-keys.ts';

interface Options extends KeyOptions {
  readonly opaque?: boolean;
}

/** `ssympa smime sign FILE --key F --cert F` */
export function smimeSignCommand(io: CliIo): Command {
  const command = new Command('sign')
    .description('Signs a message: its Content-* fields and body are signed, all other fields stay outside.')
    .argument('<file>', 'a message; - for standard input')
    .option(
      '--opaque',
      'put the content into the signature (signed-data) instead of beside it (multipart/signed)',
    );
  return withKeys(command).action(async (file: string, options: Options) => {
    if (options.key.length === 0) io.fail('usage', 'signing needs a key', { hint: 'give --key and --cert' });
    const { identities, others } = await readKeyPairs(io, options);
    const able = identities.filter(({ certificate }) => certificateUses(certificate).sign);
    if (able.length === 0) io.fail('bad-input', 'no certificate given may sign mail');
    const signers = able.map((signer) => ({ ...signer, chain: others }));
    const { outer, entity } = splitMessage(await readInput(io, file));
    const { opaque = false } = options;
    const signed = signEntity(entity, signers, { opaque, atMs: io.clock.now() });
    io.stdout(outer);
    io.stdout('MIME-Version: 1.0\r\n');
    io.stdout(signed);
  });
}
