import { expect, it } from 'vitest';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import {
  certificatesOf,
  describeCorpus,
  expectAnswer,
  identityOf,
  type Keys,
  readCorpusFile,
  readLayers,
  readTable,
  sha256,
} from './cms-layers.ts';

const corpus = 'openssl-matrix';

interface Row {
  readonly file: string;
  readonly layers?: readonly TableLayer[];
  readonly payload?: string;
  readonly certificates?: readonly string[];
  readonly kek?: { readonly keyHex: string; readonly idHex: string };
  readonly password?: { readonly value: string };
}

interface TableLayer {
  readonly layer: string;
  readonly note?: string;
  readonly signature?: string;
  readonly signers?: number;
  readonly digest?: readonly string[];
  readonly cipher?: string;
  readonly recipients?: readonly string[];
  readonly plaintextSha256?: string;
}

interface Table {
  readonly contentSha256: Readonly<Record<string, string>>;
  readonly cases: readonly Row[];
}

describeCorpus(corpus, 'messages that openssl wrote, one for each algorithm', () => {
  const table = readTable<Table>(corpus);
  const messages = table.cases.filter(({ layers }) => layers !== undefined);
  const identities = [
    'rfc9216-keys/bob.encrypt.key',
    'openssl-cms/smime-certs/smec1.pem',
    'openssl-cms/smime-certs/smec2.pem',
  ];

  it.each(messages.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const keys: Keys = {
      legacy: true,
      identities: identities.map(identityOf),
      certificates: certificatesOf('rfc9216-keys', 'alice.sign.crt'),
      open: openOptions(row),
    };
    const { rows, payload } = readLayers(readCorpusFile(corpus, file), keys);
    const expected = row.layers!.map(expectedLayer);
    const told = expected.map((layer, index) => project(rows[index], layer));
    expectAnswer(`${corpus}/${file}`, JSON.stringify(told), JSON.stringify(expected));
    expect(rows).toHaveLength(expected.length);
    if (payload.length > 0) expect(sha256(payload)).toBe(table.contentSha256[row.payload!]);
  });

  it('reads certificates alone', () => {
    const row = table.cases.find(({ certificates }) => certificates !== undefined)!;
    const info = parseContentInfo(readCorpusFile(corpus, row.file));
    expect(info).toMatchObject({ type: 'signed', eContent: undefined, signerInfos: [] });
    expect(info.type === 'signed' && info.certificates.map(({ sha256: hash }) => hash).sort()).toEqual(
      row.certificates!.map((file) => certificatesOf('rfc9216-keys', file)[0]!.sha256).sort(),
    );
  });
});

function openOptions(row: Row): NonNullable<Keys['open']> {
  const { kek, password } = row;
  return {
    ...(kek && {
      keyEncryptionKeys: [{ identifier: Buffer.from(kek.idHex, 'hex'), key: Buffer.from(kek.keyHex, 'hex') }],
    }),
    ...(password && { password: password.value }),
  };
}

/** The table counts `ori` beside each key agreement, which is a word of the listing it was made from. */
function expectedLayer(layer: TableLayer): Readonly<Record<string, unknown>> {
  if (layer.note === 'pkcs7-digestData') return { layer: 'digested-data', matches: true };
  if (layer.signature !== undefined) {
    return { layer: layer.layer, signature: layer.signature, signers: layer.signers, digest: layer.digest };
  }
  const recipients = [...new Set(layer.recipients)].filter((type) => type !== 'ori').sort();
  const { plaintextSha256 } = layer;
  return {
    layer: layer.layer,
    cipher: layer.cipher,
    recipients,
    ...(plaintextSha256 && { plaintextSha256 }),
  };
}

function project(row: object | undefined, like: object): Readonly<Record<string, unknown>> {
  const values = { ...row } as Record<string, unknown>;
  if (Array.isArray(values.recipients)) values.recipients = [...values.recipients].sort();
  return Object.fromEntries(Object.keys(like).map((key) => [key, values[key]]));
}
