import { type Client, PagedResultsControl, type SearchRequest, type SearchResult } from 'ldapts';
import { DirectoryError } from './error.ts';

/** How aliases are followed (RFC 4511 §4.5.1.3). */
export type Dereferencing = 'never' | 'search' | 'find' | 'always';

/** What the library keeps to itself. */
interface Inner {
  _send(message: unknown): Promise<{ readonly controls?: readonly unknown[] } | undefined>;
  _sendSearch(
    request: SearchRequest,
    result: SearchResult,
    isPaged: boolean,
    size: number,
    control?: PagedResultsControl,
    isAll?: boolean,
  ): Promise<PagedResultsControl | undefined>;
}

/**
 * Makes the searches of a client follow aliases, and go on behind a page without entries: the library has the first in its
 * request and no way to it, and takes such a page for the last. Tests ask real servers and one that sends such pages.
 */
export function adaptSearches(client: Client, dereferencing: Dereferencing): void {
  const inner = client as unknown as Inner;
  const { _send, _sendSearch } = Object.getPrototypeOf(inner) as Inner;
  let controls: readonly unknown[] = [];
  inner._send = async (message) => {
    const answer = await _send.call(inner, message);
    controls = answer?.controls ?? [];
    return answer;
  };
  inner._sendSearch = async (request, result, isPaged, size, control) => {
    request.derefAliases = dereferencing;
    await _sendSearch.call(inner, request, result, isPaged, size, control, false);
    // RFC 2696 §3: the result is whole when the cookie is empty, however many entries a page has.
    const cookie = controls.find((one) => one instanceof PagedResultsControl)?.value?.cookie;
    if (!control || !cookie?.length) return undefined;
    control.value = { size, cookie };
    return control;
  };
}

/** Parts of Active Directory that hold nobody: each search from the top of a domain is referred to them. */
const emptyParts = /^ldaps?:\/\/[^/]*\/(?:cn=configuration|dc=(?:forest|domain)dnszones),/i;

/**
 * Refuses an answer that names other servers for some of its entries (RFC 4511 §4.5.3): without them it is no whole.
 *
 * @throws DirectoryError `directory-bad-answer`
 */
export function refuseReferences(references: readonly string[]): void {
  if (references.every((url) => emptyParts.test(url))) return;
  throw new DirectoryError('directory-bad-answer', 'the directory server has only a part of the entries', {
    hint: 'it refers to other servers for the others: start the search below, or ask each server',
  });
}
