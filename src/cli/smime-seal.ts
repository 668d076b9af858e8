import { Command, Option } from 'commander';
import type { Certificate } from '../pki/certificate.ts';
import { certificateUses } from '../pki/certificate.ts';
import { readCertificates } from '../pki/pem.ts';
import { splitMessage } from '../smime/content-entity.ts';
import { type SealCipher, sealEntity } from '../smime/seal-entity.ts';
import type { CliIo } from './io.ts';
import { readInput } from './read-input.ts';
import { collect } from './trust-inputs.ts';

interface Options {
  readonly recipient: readonly string[];
  readonly cipher: SealCipher;
}

const ciphers: readonly SealCipher[] = [
  'aes-256-gcm',
  'aes-128-gcm',
  'aes-256-cbc',
  'aes-128-cbc',
  'chacha20-poly1305',
];

/** `ssympa smime seal FILE --recipient CERT…` */
export function smimeSealCommand(io: CliIo): Command {
  return new Command('seal')
    .description(
      'Encrypts a message: its Content-* fields and body go inside, all other fields stay outside.',
    )
    .argument('[file]', 'a message; - for standard input')
    .requiredOption('--recipient <cert...>', 'certificates of the recipients, PEM or DER', collect, [])
    .addOption(new Option('--cipher <cipher>', 'of the content').choices(ciphers).default('aes-256-cbc'))
    .action(async (named: string | undefined, options: Options) => {
      const { file, recipients } = sortArguments(io, named, options.recipient);
      const certificates = await readRecipients(io, recipients);
      const { outer, entity } = splitMessage(await readInput(io, file));
      const sealer = sealEntity(entity, options.cipher);
      const body = sealer.bodyFor(certificates);
      io.stdout(outer);
      io.stdout(`MIME-Version: 1.0\r\n${sealer.fields}\r\n`);
      io.stdout(body);
    });
}

/** `--recipient` takes all words up to the next option, so a file that stands behind it is found among them. */
function sortArguments(
  io: CliIo,
  named: string | undefined,
  recipients: readonly string[],
): { readonly file: string; readonly recipients: readonly string[] } {
  const file = named ?? (recipients.length > 1 ? recipients.at(-1) : undefined);
  if (file === undefined)
    io.fail('usage', 'there is no message to seal', { hint: 'seal FILE --recipient CERT' });
  return { file, recipients: named === undefined ? recipients.slice(0, -1) : recipients };
}

async function readRecipients(io: CliIo, files: readonly string[]): Promise<readonly Certificate[]> {
  if (files.length === 0) io.fail('usage', 'a message is sealed for somebody', { hint: 'give --recipient' });
  const found = await Promise.all(
    files.map(async (file) => {
      const able = readCertificates(await readInput(io, file)).filter((one) => certificateUses(one).encrypt);
      if (able.length === 0)
        io.fail('bad-input', `${file} holds no certificate that mail may be encrypted to`);
      return able;
    }),
  );
  return [...new Map(found.flat().map((one) => [one.sha256, one])).values()];
}
