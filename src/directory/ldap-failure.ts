import { ResultCodeError } from 'ldapts';
import { DirectoryError } from './error.ts';

/** Codes of results (RFC 4511 §4.1.9) that mean more than a refusal. */
const resultCodes: Readonly<Record<number, ConstructorParameters<typeof DirectoryError>>> = {
  3: ['directory-timeout', 'the directory server needs too long'],
  4: ['directory-bad-answer', 'the directory server gives only a part of the entries'],
  11: ['directory-bad-answer', 'the directory server gives only a part of the entries'],
  32: ['directory-no-base', 'the directory has no entry of the name that the search starts at'],
  48: ['directory-login', 'the directory server does not take the name or password'],
  49: ['directory-login', 'the directory server does not take the name or password'],
  51: ['directory-unreachable', 'the directory server is busy'],
  52: ['directory-unreachable', 'the directory server is not available'],
};

/**
 * Makes the error of a failure of the library; never of the text of the server or of the library, which may quote what
 * was searched for.
 */
export function failureOf(error: unknown): Error {
  if (error instanceof DirectoryError) return error;
  if (error instanceof ResultCodeError) {
    const known = resultCodes[error.code];
    if (known) return new DirectoryError(...known);
    return new DirectoryError('directory-refused', `the directory server refuses (result ${error.code})`);
  }
  // Where the library stumbles over what it reads, the error is of any kind.
  if (!isOfSystem(error))
    return new DirectoryError('directory-bad-answer', 'what the directory server sends is not LDAP');
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && isCertificateFault(code))
    return new DirectoryError('directory-untrusted', `the certificate of the server is not taken (${code})`);
  if (code?.startsWith('ERR_SSL'))
    return new DirectoryError('directory-no-tls', `the directory server does not speak TLS (${code})`);
  return new DirectoryError(
    'directory-unreachable',
    `the directory server cannot be used (${code ?? 'connection lost'})`,
  );
}

/** A name with several addresses that all refuse gives an error of its own kind. */
function isOfSystem(error: unknown): error is Error {
  if (!(error instanceof Error) || 'messageDetails' in error) return false;
  return error.name === 'Error' || error instanceof AggregateError;
}

const certificateFaults =
  /^(?:ERR_TLS_CERT|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_|HOSTNAME_|PATH_LENGTH)/;

function isCertificateFault(code: string): boolean {
  return certificateFaults.test(code);
}
