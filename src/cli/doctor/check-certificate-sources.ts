import type { Site } from '../../config/site.ts';
import { isValidating } from '../../directory/smimea.ts';
import { probeDirectory } from '../../trust/certificate-directory.ts';
import { resolverOf } from '../../trust/certificate-dns.ts';
import { type Finding, fine, problem, problemOf } from './finding.ts';

/** Checks that the directory of certificates and the resolver for SMIMEA records answer, where the site names them. */
export async function checkCertificateSources({ conf }: Site): Promise<readonly Finding[]> {
  const [ldap, smimea] = await Promise.all([checkDirectory(conf), checkResolver(conf)]);
  return [...ldap, ...smimea];
}

/** What to do about failures of which the reason does not say it. */
const hints: Readonly<Record<string, string>> = {
  'directory-untrusted':
    'ldap_certificate_ca_file names the authorities of the server; ldap_certificate_host must be the name that its certificate has',
  'directory-no-tls': 'ldap_certificate_use_tls says how the server protects the connection',
  'directory-login': 'look at ldap_certificate_bind_dn and ldap_certificate_bind_password',
  'directory-no-base': 'look at ldap_certificate_suffix',
  'directory-unreachable': 'look at ldap_certificate_host',
  'directory-timeout': 'look at ldap_certificate_host and ldap_certificate_timeout',
};

async function checkDirectory(conf: Site['conf']): Promise<readonly Finding[]> {
  const check = 'certificate directory';
  const probed = await probeDirectory(conf);
  return probed.map(({ server, failure }) => {
    if (failure === undefined) return fine(check, `${server} answers`);
    const found = problemOf(check, failure, hints[codeOf(failure)]);
    return { ...found, text: `${server}: ${found.text}` };
  });
}

async function checkResolver(conf: Site['conf']): Promise<readonly Finding[]> {
  if (conf.smimea_resolver === undefined) return [];
  const check = 'SMIMEA resolver';
  try {
    const resolver = resolverOf(conf);
    const name = `${resolver.host} port ${resolver.port}`;
    if (await isValidating(resolver)) return [fine(check, `${name} answers and validates`)];
    return [
      problem(
        check,
        `${name} does not say that its answer about the root zone is validated: no record of it would be used`,
        'turn on validation by DNSSEC in the resolver, or name another one',
      ),
    ];
  } catch (error) {
    return [problemOf(check, error, 'smimea_resolver names a validating resolver on this machine')];
  }
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | undefined)?.code ?? '');
}
