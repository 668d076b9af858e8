import { Command, InvalidArgumentError, Option } from 'commander';
import { type Certificate, certificateAddresses, certificateUses } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { type PathVerdict, type Purpose, validatePath } from '../pki/path.ts';
import { readCertificates } from '../pki/pem.ts';
import { exitCodes } from './exit-code.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { readInput } from './read-input.ts';
import { type JsonOptions, withConf, withJson } from './site-options.ts';
import { collect, readTrustInputs, type TrustOptions, withTrustInputs } from './trust-inputs.ts';

interface Options extends TrustOptions, JsonOptions {
  readonly crlCheck?: boolean;
  readonly purpose: Purpose;
  readonly policy: readonly string[];
  readonly explicitPolicy?: boolean;
  readonly inhibitPolicyMapping?: boolean;
  readonly inhibitAnyPolicy?: boolean;
  readonly legacy?: boolean;
}

const purposes: readonly Purpose[] = ['smimesign', 'smimeencrypt', 'clientauth', 'any'];

/** `ssympa certificate check FILE` */
export function certificateCheckCommand(io: CliIo): Command {
  const command = new Command('check')
    .description('Validates the path from a certificate to a trust anchor, by RFC 5280.')
    .argument(
      '<file>',
      'the certificate, PEM or DER; more in the same file may lie on its path; - for standard input',
    );
  return withPolicies(withJson(withTrustInputs(withConf(command))))
    .option('--list <list>', 'judge by the anchors of this list')
    .option('--crl-check', 'a certificate whose revocation status cannot be told is not valid')
    .addOption(
      new Option('--purpose <purpose>', 'what the certificate is wanted for')
        .choices(purposes)
        .default('smimesign'),
    )
    .option('--legacy', 'accept short keys and SHA-1, as in old mail')
    .action((file: string, options: Options) => check(io, file, options));
}

function withPolicies(command: Command): Command {
  return command
    .option(
      '--policy <oid>',
      'a certificate policy that is acceptable; may be repeated (any)',
      collectOid,
      [],
    )
    .option('--explicit-policy', 'ask that an acceptable policy holds along the path')
    .option('--inhibit-policy-mapping', 'let no authority map policies')
    .option('--inhibit-any-policy', 'do not let anyPolicy stand for other policies');
}

function collectOid(value: string, before: readonly string[]): readonly string[] {
  if (!/^[0-2](\.\d{1,20}){1,30}$/.test(value)) {
    throw new InvalidArgumentError('not an object identifier such as 2.23.140.1.5.1.3.');
  }
  return collect(value, before);
}

async function check(io: CliIo, file: string, options: Options): Promise<void> {
  const [certificate, ...beside] = readCertificates(await readInput(io, file));
  if (certificate === undefined) io.fail('bad-input', `${file} holds no certificate`);
  const { trustAnchors, untrusted, crls, crlCheck, atMs } = await readTrustInputs(io, options);
  const verdict = validatePath({
    certificate,
    untrusted: [...beside, ...untrusted],
    trustAnchors,
    crls,
    crlCheck: options.crlCheck ? 'require' : crlCheck,
    atMs,
    purpose: options.purpose,
    policies: options.policy,
    explicitPolicy: options.explicitPolicy ?? false,
    inhibitPolicyMapping: options.inhibitPolicyMapping ?? false,
    inhibitAnyPolicy: options.inhibitAnyPolicy ?? false,
    legacy: options.legacy ?? false,
  });
  if (options.json) printJson(io, verdictJson(certificate, verdict));
  else printVerdict(io, certificate, verdict);
  if (verdict.status === 'invalid') io.exit(exitCodes.no);
}

function verdictJson(certificate: Certificate, verdict: PathVerdict) {
  const { sign, encrypt } = certificateUses(certificate);
  return {
    status: verdict.status,
    code: verdict.status === 'valid' ? null : verdict.code,
    reason: verdict.status === 'valid' ? null : verdict.reason,
    path: verdict.path.map(({ subject }) => formatName(subject)),
    addresses: certificateAddresses(certificate),
    purposes: [...(sign ? ['sign'] : []), ...(encrypt ? ['encrypt'] : [])],
    notAfter: isoSeconds(certificate.notAfterMs),
  };
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}

function printVerdict(io: CliIo, certificate: Certificate, verdict: PathVerdict): void {
  const json = verdictJson(certificate, verdict);
  const blamed =
    verdict.status === 'invalid' && verdict.certificate ? formatName(verdict.certificate.subject) : '';
  printTable(io, [
    ['status', json.code === null ? json.status : `${json.status} (${json.code})`],
    ...(json.reason === null ? [] : [['reason', json.reason]]),
    ...(blamed === '' ? [] : [['at', blamed]]),
    ...json.path.map((subject, index) => [index === 0 ? 'path' : '', subject]),
    ['addresses', json.addresses.join(', ')],
    ['purposes', json.purposes.join(', ')],
    ['not after', json.notAfter],
  ]);
}
