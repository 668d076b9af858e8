import { expect, it } from 'vitest';
import { type ContentInfo, parseContentInfo } from '../../src/cms/content-info.ts';
import { describeContentEncryption, describeRecipients } from '../../src/cms/describe.ts';
import { openEnveloped } from '../../src/cms/open.ts';
import { parsePrivateKey } from '../../src/pki/private-key.ts';
import {
  answerOfSigners,
  certificatesOf,
  describeCorpus,
  expectAnswer,
  type Keys,
  readCorpusFile,
  readLayers,
  readTable,
} from './cms-layers.ts';

const corpus = 'rfc4134-examples';

interface Row {
  readonly file: string;
  readonly title: string;
  readonly cmsType?: string;
  readonly signers?: number;
  readonly signature?: string;
  readonly detached?: boolean;
  readonly contentIsExContent?: boolean;
  readonly plaintextIsExContent?: boolean;
  readonly cipher?: string;
  readonly recipients?: readonly string[];
  readonly layers?: readonly {
    readonly layer: string;
    readonly signature?: string;
    readonly plaintextSha256?: string;
  }[];
}

/** What the table calls each type. */
const typeNames: Readonly<Record<ContentInfo['type'], string>> = {
  data: 'pkcs7-data',
  signed: 'pkcs7-signedData',
  enveloped: 'pkcs7-envelopedData',
  digested: 'pkcs7-digestData',
  encrypted: 'pkcs7-encryptedData',
  authEnveloped: 'id-smime-ct-authEnvelopedData',
  compressed: 'id-smime-ct-compressedData',
  other: 'other',
};

describeCorpus(corpus, 'the examples of RFC 4134', () => {
  const { cases } = readTable<{ readonly cases: readonly Row[] }>(corpus);
  const exContent = readCorpusFile(corpus, 'ExContent.bin');
  const certificates = [
    'AliceRSASignByCarl.cer',
    'AliceDSSSignByCarlNoInherit.cer',
    'DianeDSSSignByCarlInherit.cer',
    'DianeRSASignByCarl.cer',
  ].flatMap((file) => certificatesOf(corpus, file));
  const bob = {
    certificate: certificatesOf(corpus, 'BobRSASignByCarl.cer')[0]!,
    privateKey: parsePrivateKey(readCorpusFile(corpus, 'BobPrivRSAEncrypt.pri')),
  };
  const keys: Keys = { legacy: true, certificates, identities: [bob] };

  it.each(
    cases.filter(({ layers }) => !layers).map((row) => [`${row.file}: ${row.title}`, row] as const),
  )('%s', (_name, row) => {
    const info = parseContentInfo(readCorpusFile(corpus, row.file));
    expect(typeNames[info.type]).toBe(row.cmsType);
    if (info.type === 'signed') expectSigned(info, row);
    if (info.type === 'enveloped') expectEnveloped(info, row);
    if (info.type === 'encrypted') {
      expect(info.encryptedContentInfo.contentEncryptionAlgorithm.oid).toBe('1.2.840.113549.3.7');
    }
    if (info.type === 'digested') expect(info).toMatchObject({ matches: true, digestAlgorithm: 'sha1' });
  });

  function expectSigned(info: Extract<ContentInfo, { type: 'signed' }>, row: Row): void {
    expect(info.signerInfos).toHaveLength(row.signers!);
    if (row.signature === undefined) {
      expect([info.certificates.length, info.crls.length, info.eContent]).toEqual([2, 1, undefined]);
      return;
    }
    if (row.contentIsExContent) expect(Buffer.from(info.eContent!)).toEqual(exContent);
    expect(info.eContent === undefined).toBe(row.detached === true);
    const answer = answerOfSigners(info, info.eContent ?? exContent, keys);
    const table = row.signature === 'bad' && answer.startsWith('bad ') ? answer : row.signature;
    expectAnswer(`${corpus}/${row.file}`, answer, table);
  }

  function expectEnveloped(info: Extract<ContentInfo, { type: 'enveloped' }>, row: Row): void {
    expect(describeContentEncryption(info)).toBe(row.cipher);
    expect(describeRecipients(info).map(({ type }) => type)).toEqual(row.recipients);
    const outcome = openEnveloped(info, [bob], { legacy: true });
    const opened = outcome.status === 'opened' && exContent.equals(outcome.content);
    expectAnswer(`${corpus}/${row.file}`, String(opened), String(row.plaintextIsExContent));
    expect(openEnveloped(info, [bob])).toEqual({ status: 'failed' });
  }

  it.each(
    cases.filter(({ layers }) => layers).map((row) => [`${row.file}: ${row.title}`, row] as const),
  )('%s', (_name, row) => {
    const { rows } = readLayers(readCorpusFile(corpus, row.file), keys);
    const told = rows.map((layer) => ({
      layer: layer.layer,
      ...('signature' in layer && { signature: layer.signature }),
      ...('plaintextSha256' in layer && { plaintextSha256: layer.plaintextSha256 }),
    }));
    const expected = row.layers!.map(({ layer, signature, plaintextSha256 }) => ({
      layer,
      ...(signature !== undefined && { signature }),
      ...(plaintextSha256 !== undefined && { plaintextSha256 }),
    }));
    expectAnswer(`${corpus}/${row.file}`, JSON.stringify(told), JSON.stringify(expected));
  });
});
