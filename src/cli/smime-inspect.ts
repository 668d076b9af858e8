import { Command } from 'commander';
import { inspectJson } from '../smime/inspect.ts';
import type { Layer, OpenedMessage } from '../smime/open-message.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, withJson } from './site-options.ts';
import { type OpenCommandOptions, openFile, withOpenOptions } from './smime-input.ts';

/** `ssympa smime inspect FILE` */
export function smimeInspectCommand(io: CliIo): Command {
  const command = new Command('inspect')
    .description('Says what a message is, layer by layer, and what its signatures are worth.')
    .argument('<file>', 'a message, or a bare CMS in DER, BER or PEM; - for standard input');
  return withJson(withOpenOptions(command)).action(
    async (file: string, options: OpenCommandOptions & JsonOptions) => {
      const opened = await openFile(io, file, options);
      if (options.json) printJson(io, inspectJson(opened));
      else printOpened(io, opened);
    },
  );
}

function printOpened(io: CliIo, opened: OpenedMessage): void {
  const { signature, decryption, headerFrom, sender, authenticationMethod, headerProtection } = opened;
  printTable(io, [
    ['kind', opened.kind],
    ...opened.layers.flatMap(layerRows),
    ['decryption', decryption.status],
    ['signature', withReason(signature.status, signature.reason)],
    ['from', headerFrom.join(', ')],
    ['authenticated as', withReason(authenticationMethod, sender.reason)],
    ['protected header', `${headerProtection.mode}, ${headerProtection.status}`],
  ]);
}

function layerRows(layer: Layer): readonly (readonly string[])[] {
  if (layer.type === 'compressed') return [['layer', withReason('compressed', layer.reason)]];
  if (layer.type === 'certs-only') return [['layer', `certificates only: ${layer.certificates.length}`]];
  if (layer.type === 'signed') {
    const signers = layer.signers.map((signer) => [
      '  signer',
      withReason(`${signer.addresses.join(', ') || '(no address)'}: ${signer.status}`, signer.reason),
    ]);
    return [
      ['layer', withReason(`signed, ${layer.form}: ${layer.verdict.status}`, layer.verdict.reason)],
      ...signers,
    ];
  }
  const recipients = layer.recipients.map(({ type, algorithm, id }) => [
    '  recipient',
    `${type} ${algorithm} ${id}`,
  ]);
  return [['layer', withReason(`${layer.type}, ${layer.contentEncryption}`, layer.reason)], ...recipients];
}

function withReason(text: string, reason: string | null): string {
  return reason === null ? text : `${text} (${reason})`;
}
