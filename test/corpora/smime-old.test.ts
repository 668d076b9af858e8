import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { parsePrivateKey } from '../../src/pki/private-key.ts';
import { corpusFolder } from '../kit/corpora.ts';
import { certificatesOf, describeCorpus, readCorpusFile, readTable } from './cms-layers.ts';
import { expectedOf, openCorpusMessage, oursOf, type TableLayer } from './smime-cases.ts';
import { expectRow } from './smime-differences.ts';

const rfc4134 = 'rfc4134-examples';

interface Rfc4134Case {
  readonly file: string;
  readonly cmsType?: string;
  readonly layers?: readonly TableLayer[];
  readonly signature?: 'good' | 'bad';
  readonly expectSignature?: string;
  readonly signer?: { readonly sha256: string };
  readonly digest?: readonly string[];
  readonly signers?: number;
  readonly cipher?: string;
  readonly recipients?: readonly string[];
  readonly key?: string | null;
  readonly chain?: 'trusted';
  readonly kind?: string;
  readonly contentIsExContent?: boolean;
  readonly plaintextIsExContent?: boolean;
}

describeCorpus(rfc4134, 'the examples of RFC 4134, as smime inspect sees them', () => {
  const folder = corpusFolder(rfc4134)!;
  const files = readdirSync(folder);
  const certificates = files
    .filter((file) => file.endsWith('.cer'))
    .map((file) => parseCertificate(readCorpusFile(rfc4134, file)));
  const named = (file: string) => parseCertificate(readCorpusFile(rfc4134, file));
  const bob = {
    certificate: named('BobRSASignByCarl.cer'),
    privateKey: parsePrivateKey(readCorpusFile(rfc4134, 'BobPrivRSAEncrypt.pri')),
  };
  const keys = {
    identities: [bob],
    trustAnchors: [named('CarlRSASelf.cer'), named('CarlDSSSelf.cer')],
    untrusted: certificates,
    atMs: Date.parse('2004-11-09T00:00:00Z'),
  };
  const content = readCorpusFile(rfc4134, 'ExContent.bin').toString();
  const cases = readTable<{ readonly cases: readonly Rfc4134Case[] }>(rfc4134).cases;

  it.each(cases.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const opened = openCorpusMessage(readCorpusFile(rfc4134, file), keys);
    expectRow(`${rfc4134}/${file}`, oursOf(opened), expectedOf(row.layers ?? layersOf(row)));
    if (row.contentIsExContent || row.plaintextIsExContent) {
      const text = opened.innermost?.use((bytes) => Buffer.from(bytes).toString());
      expectRow(`${rfc4134}/${file} content`, text, content);
    }
  });
});

/** The tables of the bare objects tell one layer in the row itself. */
function layersOf(row: Rfc4134Case): readonly TableLayer[] {
  const { signature, signer, digest, signers, chain, cipher, recipients, key } = row;
  if (row.cmsType === 'pkcs7-signedData' && signers! > 0)
    return [{ layer: 'signed-data', ...{ signature, signer, digest, signers, chain } } as TableLayer];
  if (row.cmsType === 'pkcs7-envelopedData')
    return [
      {
        layer: 'enveloped-data',
        ...{ cipher, recipients },
        decrypted: typeof key === 'string',
      } as TableLayer,
    ];
  if (row.cmsType === 'pkcs7-signedData') return [{ layer: 'certs-only' }];
  // Its key is agreed elsewhere.
  if (row.cmsType === 'pkcs7-encryptedData')
    return [{ layer: 'encrypted', cipher: cipher!, decrypted: false }];
  return [];
}

const sympa = 'sympa-samples';

describeCorpus(sympa, "the samples of Sympa's tests, as smime inspect sees them", () => {
  const rows = readTable<{
    readonly messages: readonly {
      readonly file: string;
      readonly isSigned?: boolean;
      readonly layers?: readonly TableLayer[];
    }[];
  }>(sympa).messages;
  const trustAnchors = certificatesOf(sympa, 'pki/crt/ca.pem');

  it.each(rows.map((row) => [row.file, row] as const))('%s', (file, { layers = [] }) => {
    const atMs = Date.parse('2017-01-01T00:00:00Z');
    const opened = openCorpusMessage(readCorpusFile(sympa, file), { trustAnchors, atMs });
    expectRow(`${sympa}/${file}`, oursOf(opened), expectedOf(layers));
  });

  it('calls the signed sample invalid where old algorithms were not asked for', () => {
    const atMs = Date.parse('2017-01-01T00:00:00Z');
    const bytes = readCorpusFile(sympa, 'samples/signed.eml');
    const opened = openCorpusMessage(bytes, { trustAnchors, atMs, legacy: false });
    expect(opened.signature).toMatchObject({ status: 'invalid', code: 'weak-algorithm' });
    expect(opened.authenticationMethod).toBe('smtp');
  });
});
