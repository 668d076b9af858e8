import { badAnswer, comparable, readWireName, type WireName } from './dns-name.ts';

/** Types of records that are asked for or read (RFC 1035 §3.2.2, RFC 8162 §8). */
export const recordTypes = { cname: 5, soa: 6, smimea: 53 } as const;

/** Codes of a response (RFC 1035 §4.1.1). */
export const responseCodes = { noError: 0, serverFailure: 2, noSuchName: 3 } as const;

/** What is asked. */
export interface DnsQuestion {
  readonly name: WireName;
  readonly type: number;
}

/** A record of the answer section. */
export interface DnsRecord {
  /** In the form that names compare in. */
  readonly owner: WireName;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly data: Uint8Array;
  /** Where a CNAME leads to, in the form that names compare in. */
  readonly target?: WireName;
}

/** An answer of a resolver. */
export interface DnsAnswer {
  readonly id: number;
  /** The one question that it repeats, letter for letter. */
  readonly question: DnsQuestion;
  readonly isTruncated: boolean;
  /** AD: every record of the answer is validated (RFC 4035 §3.2.3). */
  readonly isAuthenticated: boolean;
  readonly responseCode: number;
  /** Records of the class IN in the answer section. */
  readonly records: readonly DnsRecord[];
}

const headerOctets = 12;
const classIn = 1;
const typeOpt = 41;

const flagBits = {
  response: 0x8000,
  operation: 0x7800,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  authenticated: 0x0020,
  code: 0x000f,
} as const;

/** What is taken by UDP: no datagram of this size is cut into pieces on its way. */
const udpOctets = 1_232;
/** The upper bit of the flags of an OPT record. */
const dnssecOk = 0x8000;
/** No answer of one person's certificates has as many records. */
const maxRecords = 128;

/** Writes a query that asks for recursion and to be told whether the answer is validated. */
export function formatDnsQuery(id: number, { name, type }: DnsQuestion): Uint8Array {
  const header = Buffer.alloc(headerOctets);
  header.writeUInt16BE(id, 0);
  // RFC 6840 §5.7: AD in a query asks for AD in the answer. Some resolvers set it only where DO stands beside it.
  header.writeUInt16BE(flagBits.recursionDesired | flagBits.authenticated, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 10);
  const question = Buffer.alloc(4);
  question.writeUInt16BE(type, 0);
  question.writeUInt16BE(classIn, 2);
  // RFC 6891 §6.1.2: the root, the type, the size in the place of the class, flags in the place of the TTL, no options.
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(typeOpt, 1);
  opt.writeUInt16BE(udpOctets, 3);
  opt.writeUInt16BE(dnssecOk, 7);
  return Buffer.concat([header, Buffer.from(name, 'latin1'), question, opt]);
}

/**
 * Reads an answer: its header, its question and its answer section; what stands behind that is not looked at.
 *
 * @param message at most 65,535 octets, as both transports give
 * @throws DirectoryError `resolver-bad-answer`
 */
export function parseDnsAnswer(message: Uint8Array): DnsAnswer {
  if (message.length < headerOctets) throw badAnswer('it is shorter than a header');
  const view = Buffer.from(message.buffer, message.byteOffset, message.length);
  const flags = view.readUInt16BE(2);
  if ((flags & flagBits.response) === 0) throw badAnswer('it is a query');
  if ((flags & flagBits.operation) !== 0) throw badAnswer('it is of another operation');
  if (view.readUInt16BE(4) !== 1) throw badAnswer('it has not one question');
  const { question, end } = readQuestion(view);
  return {
    id: view.readUInt16BE(0),
    question,
    isTruncated: (flags & flagBits.truncated) !== 0,
    isAuthenticated: (flags & flagBits.authenticated) !== 0,
    responseCode: flags & flagBits.code,
    // A truncated answer may end anywhere; it is asked for again.
    records: (flags & flagBits.truncated) !== 0 ? [] : readRecords(view, end, view.readUInt16BE(6)),
  };
}

function readQuestion(view: Buffer): { readonly question: DnsQuestion; readonly end: number } {
  const { name, end } = readWireName(view, headerOctets);
  if (end + 4 > view.length) throw badAnswer('it ends within the question');
  if (view.readUInt16BE(end + 2) !== classIn) throw badAnswer('its question is of another class');
  return { question: { name, type: view.readUInt16BE(end) }, end: end + 4 };
}

function readRecords(view: Buffer, start: number, count: number): readonly DnsRecord[] {
  if (count > maxRecords) throw badAnswer(`it has more than ${maxRecords} records`);
  const records: DnsRecord[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const { name: owner, end: fields } = readWireName(view, at);
    if (fields + 10 > view.length) throw badAnswer('it ends within a record');
    const from = fields + 10;
    at = from + view.readUInt16BE(fields + 8);
    if (at > view.length) throw badAnswer('it ends within a record');
    if (view.readUInt16BE(fields + 2) !== classIn) continue;
    const type = view.readUInt16BE(fields);
    records.push({
      owner: comparable(owner),
      type,
      ttlSeconds: ttlOf(view.readUInt32BE(fields + 4)),
      data: view.subarray(from, at),
      ...(type === recordTypes.cname && { target: readTarget(view, from, at) }),
    });
  }
  return records;
}

function readTarget(view: Buffer, from: number, to: number): WireName {
  const { name, end } = readWireName(view, from);
  if (end !== to) throw badAnswer('a CNAME is not one name');
  return comparable(name);
}

/** RFC 2181 §8: a value with the upper bit is taken for zero. */
function ttlOf(value: number): number {
  return value > 0x7fff_ffff ? 0 : value;
}
