import { Command } from 'commander';
import { contentOf } from '../smime/content-entity.ts';
import { exitCodes } from './exit-code.ts';
import type { CliIo } from './io.ts';
import { type OpenCommandOptions, openFile, withOpenOptions } from './smime-input.ts';

/** `ssympa smime open FILE` */
export function smimeOpenCommand(io: CliIo): Command {
  const command = new Command('open')
    .description('Writes the innermost entity of a message, decrypted: its Content-* fields and its body.')
    .argument('<file>', 'a message, or a bare CMS in DER, BER or PEM; - for standard input');
  return withOpenOptions(command).action(async (file: string, options: OpenCommandOptions) => {
    const { innermost, decryption } = await openFile(io, file, options);
    const readable = decryption.status === 'none' || decryption.status === 'opened';
    if (innermost && readable) innermost.use((bytes) => io.stdout(contentOf(bytes)));
    else io.exit(exitCodes.no);
  });
}
