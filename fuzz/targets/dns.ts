import { isDeepStrictEqual } from 'node:util';
import { formatDnsQuery, parseDnsAnswer } from '../../src/directory/dns-message.ts';
import { DirectoryError } from '../../src/directory/error.ts';
import { readSmimea } from '../../src/directory/smimea.ts';
import { type DnsReply, encodeReply, smimeaData } from '../../test/kit/dns-server.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { alice } from '../identity.ts';
import { demand, type FuzzTarget } from '../target.ts';

const name = 'a._smimecert.example.org';
const data = smimeaData([3, 0, 0], alice.certificate.der);
const replies: readonly DnsReply[] = [
  {},
  { code: 3 },
  { isTruncated: true },
  { records: [{ name, type: 'SMIMEA', data: smimeaData([2, 1, 1], Buffer.alloc(32)) }], isValidated: true },
  { records: [{ name, type: 'SMIMEA', data }], isValidated: true },
  {
    records: [
      { name, type: 'CNAME', data: 'b.example.org' },
      { name: 'b.example.org', type: 'SMIMEA', data },
    ],
    isValidated: true,
  },
];

/** The reader of answers of a resolver, and of the records in them. */
export const dnsTarget: FuzzTarget = {
  name: 'dns',
  errors: [DirectoryError],
  mutators: [...byteMutators, wordMutator(['\xc0\x0c', '\x00\x35', '\x00\x05', '\x00\x01', '\x01a\x00'])],
  seeds: () => replies.map((reply) => encodeReply({ id: 1, name, type: 'UNKNOWN_53' }, reply)),
  run: (input) => {
    const answer = parseDnsAnswer(input);
    const asked = Uint8Array.from(formatDnsQuery(answer.id, answer.question));
    // A query that says to be an answer.
    asked[2]! |= 0x80;
    const { id, question } = parseDnsAnswer(asked);
    demand(id === answer.id, 'an identifier written and read again is the same');
    demand(isDeepStrictEqual(question, answer.question), 'a question written and read again is the same');
    readSmimea(answer, question.name);
  },
};
