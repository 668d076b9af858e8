import { askResolver, type DnsResolver } from './dns-client.ts';
import { type DnsAnswer, type DnsRecord, recordTypes, responseCodes } from './dns-message.ts';
import { badAnswer, comparable, type WireName } from './dns-name.ts';
import { DirectoryError } from './error.ts';

/** How a record binds a person to a certificate (RFC 6698 §2.1.1, with the words of RFC 7218). */
export const certificateUsages = ['pkix-ta', 'pkix-ee', 'dane-ta', 'dane-ee'] as const;
/** What of the certificate is held against the data (RFC 6698 §2.1.2). */
export const selectors = ['certificate', 'public-key'] as const;
/** As what the data stand there (RFC 6698 §2.1.3). */
export const matchingTypes = ['full', 'sha256', 'sha512'] as const;

/** A certificate association (RFC 8162 §2). */
export interface SmimeaRecord {
  readonly usage: (typeof certificateUsages)[number];
  readonly selector: (typeof selectors)[number];
  readonly matchingType: (typeof matchingTypes)[number];
  readonly data: Uint8Array;
}

/** What the DNS says of a person. */
export type SmimeaAnswer =
  | { readonly status: 'found'; readonly records: readonly SmimeaRecord[]; readonly ttlSeconds: number }
  /** There is no record, or none of a form that is known. */
  | { readonly status: 'none' }
  /** There is one, and DNSSEC does not show whose it is. */
  | { readonly status: 'not-validated' };

/** CNAMEs beyond this number are not followed. */
const maxHops = 8;
/** Records of a person beyond this number are not looked at. */
const maxRecords = 16;

/**
 * Asks for the SMIMEA records of a name. Only what the resolver says to be validated is given (RFC 8162 §6).
 *
 * @throws DirectoryError; `resolver-failure` where DNSSEC shows that the answer is forged
 */
export async function findSmimea(resolver: DnsResolver, owner: WireName): Promise<SmimeaAnswer> {
  return readSmimea(await askResolver(resolver, { name: owner, type: recordTypes.smimea }), owner);
}

/**
 * Reads what an answer says of a name.
 *
 * @throws DirectoryError `resolver-failure`, `resolver-refused`, `resolver-bad-answer`
 */
export function readSmimea(answer: DnsAnswer, owner: WireName): SmimeaAnswer {
  demandAnswer(answer);
  const chain = recordsOf(answer, owner);
  const records = chain.filter(({ type }) => type === recordTypes.smimea).flatMap(parseSmimea);
  if (records.length === 0) return { status: 'none' };
  if (!answer.isAuthenticated) return { status: 'not-validated' };
  const ttlSeconds = Math.min(...chain.map((record) => record.ttlSeconds));
  return { status: 'found', records: records.slice(0, maxRecords), ttlSeconds };
}

/**
 * Tells whether a resolver validates: the root is signed, so that what it says of it has to be validated.
 *
 * @throws DirectoryError
 */
export async function isValidating(resolver: DnsResolver): Promise<boolean> {
  const answer = await askResolver(resolver, { name: '\0' as WireName, type: recordTypes.soa });
  demandAnswer(answer);
  return answer.isAuthenticated && answer.records.some(({ type }) => type === recordTypes.soa);
}

/** A name that does not exist is an answer. */
function demandAnswer({ responseCode }: DnsAnswer): void {
  if (responseCode === responseCodes.noError || responseCode === responseCodes.noSuchName) return;
  if (responseCode === responseCodes.serverFailure)
    throw new DirectoryError('resolver-failure', 'the resolver finds no answer that it can give (SERVFAIL)');
  throw new DirectoryError('resolver-refused', `the resolver refuses the question (code ${responseCode})`);
}

/**
 * Gives the records of a name, with the CNAMEs on the way. AD speaks of the whole answer section, and a resolver makes
 * CNAMEs of DNAMEs, so that nothing else has to be asked for.
 */
function recordsOf({ records }: DnsAnswer, owner: WireName): readonly DnsRecord[] {
  const way: DnsRecord[] = [];
  let name = comparable(owner);
  for (let hops = 0; hops <= maxHops; hops++) {
    const own = records.filter((record) => record.owner === name);
    const wanted = own.filter(({ type }) => type === recordTypes.smimea);
    const alias = own.find(({ target }) => target !== undefined);
    if (wanted.length > 0) return [...way, ...wanted];
    if (alias?.target === undefined) return [];
    way.push(alias);
    name = alias.target;
  }
  throw badAnswer(`it has more than ${maxHops} CNAMEs`);
}

function parseSmimea({ data }: DnsRecord): readonly SmimeaRecord[] {
  const [usage, selector, matchingType] = [
    certificateUsages[data[0] ?? -1],
    selectors[data[1] ?? -1],
    matchingTypes[data[2] ?? -1],
  ];
  // RFC 6698 §4.1: what is not known is unusable.
  if (!usage || !selector || !matchingType || data.length === 3) return [];
  return [{ usage, selector, matchingType, data: data.subarray(3) }];
}
