import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why a directory gives no answer. */
export const directoryErrorCodes = {
  'directory-unreachable': {
    meaning: 'The directory server cannot be reached, or ends the connection.',
    temporary: true,
  },
  'directory-timeout': { meaning: 'The directory server does not answer in time.', temporary: true },
  'directory-untrusted': {
    meaning: 'The certificate of the directory server is not trusted, or is for another host.',
    temporary: false,
  },
  'directory-no-tls': {
    meaning: 'The directory server does not encrypt the connection, as it is asked to.',
    temporary: false,
  },
  'directory-login': {
    meaning: 'The directory server does not take the name or password.',
    temporary: false,
  },
  'directory-refused': { meaning: 'The directory server refuses the search.', temporary: false },
  'directory-no-base': {
    meaning: 'The directory has no entry of the name that the search starts at.',
    temporary: false,
  },
  'directory-bad-answer': {
    meaning: 'What the directory server sends is not LDAP, or more than is taken.',
    temporary: false,
  },
  'resolver-untrusted': {
    meaning:
      'The resolver for SMIMEA records is on another machine, and smimea_resolver_remote does not say that the way to it is safe.',
    temporary: false,
  },
  'resolver-unreachable': {
    meaning: 'The resolver cannot be reached, or ends the connection.',
    temporary: true,
  },
  'resolver-timeout': { meaning: 'The resolver does not answer in time.', temporary: true },
  'resolver-failure': {
    meaning: 'The resolver finds no answer: servers are out of reach, or DNSSEC shows that it is forged.',
    temporary: true,
  },
  'resolver-refused': { meaning: 'The resolver refuses the question.', temporary: false },
  'resolver-bad-answer': {
    meaning: 'What the resolver sends is no answer, or more than is taken.',
    temporary: false,
  },
  'resolver-limit': {
    meaning: 'The names of this domain were asked for as often as smimea_domain_max allows.',
    temporary: true,
  },
  'bad-search-filter': { meaning: 'A search filter has not the form of RFC 4515.', temporary: false },
  'ca-unreadable': {
    meaning: 'The file or folder of the trusted certification authorities cannot be used.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type DirectoryErrorCode = keyof typeof directoryErrorCodes;

/** An expected failure around a directory; never says what was searched for. */
export class DirectoryError extends SsympaError<DirectoryErrorCode> {
  constructor(code: DirectoryErrorCode, message: string, options?: ErrorOptionsOf) {
    super(directoryErrorCodes, code, message, options);
  }
}
