import { type Asn1, readAsn1 } from '../../src/pki/asn1.ts';
import {
  readBitString,
  readBoolean,
  readInteger,
  readOctetString,
  readOid,
  readSmallInteger,
  readString,
  readTime,
} from '../../src/pki/asn1-values.ts';
import { derOid, derTime, derValue, sameBytes } from '../../src/pki/der.ts';
import { PkiError } from '../../src/pki/error.ts';
import { makeName } from '../../src/pki/name.ts';
import { oids } from '../../src/pki/oid.ts';
import { byteMutators } from '../byte-mutators.ts';
import { derMutators } from '../der-mutators.ts';
import { alice, ca } from '../identity.ts';
import { corpusFiles } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';

/** The readers of ASN.1 values, all on every value: each gives a value or a typed error, whatever the tag. */
const readers: readonly ((node: Asn1) => unknown)[] = [
  readBitString,
  readBoolean,
  readInteger,
  readOctetString,
  readSmallInteger,
  readString,
  (node) => demandAgain(node, readOid(node), (oid) => readOid(readAsn1(derOid(oid)))),
  (node) => demandAgain(node, readTime(node), (ms) => readTime(readAsn1(derTime(ms)))),
];

function demandAgain<T>(_node: Asn1, value: T, again: (value: T) => T): void {
  demand(again(value) === value, 'a value written and read again is the same');
}

/** Reads trees of a few thousand values as wholes: the readers are linear in what they read, and run on every node. */
const maxValues = 2_000;

function visit(node: Asn1, left: { count: number }): void {
  left.count -= 1;
  if (left.count < 0) return;
  for (const reader of readers) {
    try {
      reader(node);
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
    }
  }
  for (const child of node.children) visit(child, left);
}

function rewritten(node: Asn1): Uint8Array {
  // Tags of 31 and more are read, and never written.
  if (node.tag >= 0x1f) return node.raw;
  const identifier = node.raw[0]!;
  return node.constructed
    ? derValue(identifier, ...node.children.map(rewritten))
    : derValue(identifier, node.content);
}

/** The reader of BER and DER. */
export const derTarget: FuzzTarget = {
  name: 'der',
  errors: [PkiError],
  mutators: [...derMutators, ...byteMutators],
  seeds: () => [
    alice.certificate.der,
    ca.crl({ revoked: [alice] }),
    makeName([[oids.commonName, 'Zoë']]).der,
    ...corpusFiles(
      ['openssl-cms', 'x509-pkcs-vectors', 'rfc4134-examples'],
      /\.(?:der|bin|cer|crl|p12|cms)$/,
    ),
  ],
  run: (input) => {
    visit(readAsn1(input, { allowTrailing: true }), { count: maxValues });
    const der = readAsn1(input, { strict: true });
    demand(sameBytes(rewritten(der), input), 'DER written again is the same');
  },
};
