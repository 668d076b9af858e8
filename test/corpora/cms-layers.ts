import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import { describeContentEncryption, describeRecipients } from '../../src/cms/describe.ts';
import type { AuthEnvelopedData, EnvelopedData } from '../../src/cms/enveloped-data.ts';
import { type DecryptionIdentity, type OpenEnvelopedOptions, openEnveloped } from '../../src/cms/open.ts';
import type { SignedData } from '../../src/cms/signed-data.ts';
import { type VerifyOptions, verifySignerInfo } from '../../src/cms/verify.ts';
import { toCrlf } from '../../src/mime/canonicalize.ts';
import { decodedBody, type Entity, entityBytes, parseEntity } from '../../src/mime/entity.ts';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { readCertificates } from '../../src/pki/pem.ts';
import { parsePrivateKey } from '../../src/pki/private-key.ts';
import { corpusFolder } from '../kit/corpora.ts';
import { cmsDifferences } from './cms-differences.ts';

/** Describes tests on a corpus; where it does not lie beside the repository they are skipped by name. */
export function describeCorpus(corpus: string, title: string, tests: () => void): void {
  if (corpusFolder(corpus) === undefined)
    describe.skip(title, () => it(`needs the corpus ${corpus}`, () => {}));
  else describe(title, tests);
}

/** Reads a file of a corpus. */
export function readCorpusFile(corpus: string, file: string): Buffer {
  return readFileSync(join(corpusFolder(corpus)!, file));
}

/** Reads the table of a corpus. */
export function readTable<T>(corpus: string): T {
  return JSON.parse(readCorpusFile(corpus, 'expectations.json').toString()) as T;
}

/** Reads the certificates of a file: PEM, or one in DER. */
export function certificatesOf(corpus: string, file: string): readonly Certificate[] {
  const bytes = readCorpusFile(corpus, file);
  return bytes[0] === 0x30 ? [parseCertificate(bytes)] : readCertificates(bytes);
}

/**
 * Reads a key and the certificate that goes with it: in one file, or in a file of the same name that ends in `.crt`.
 *
 * @param path `corpus/file`
 */
export function identityOf(path: string): DecryptionIdentity {
  const corpus = path.slice(0, path.indexOf('/'));
  const file = path.slice(corpus.length + 1);
  const beside = file.replace(/\.key$/, '.crt').replace('-key.pem', '-cert.pem');
  const certificateFile = existsSync(join(corpusFolder(corpus)!, beside)) ? beside : file;
  return {
    certificate: certificatesOf(corpus, certificateFile)[0]!,
    privateKey: parsePrivateKey(readCorpusFile(corpus, file)),
  };
}

/** Holds an answer of ours against the table, or against the list of differences; both ways. */
export function expectAnswer(row: string, ours: string, table: string): void {
  const difference = cmsDifferences[row];
  if (difference === undefined) {
    expect(ours).toBe(table);
    return;
  }
  expect(ours).toBe(difference.ours);
  expect(ours, `${row} no longer differs`).not.toBe(table);
}

/** Says what all signers are worth: `good` when each is, else the first verdict. */
export function answerOfSigners(signed: SignedData, content: Uint8Array, options: VerifyOptions): string {
  const verdicts = signed.signerInfos.map((info) => verifySignerInfo(signed, info, content, options));
  const bad = verdicts.find((verdict) => verdict.status === 'bad');
  if (bad?.status === 'bad') return `bad ${bad.code}`;
  return verdicts.length === 0 ? 'no signer' : 'good';
}

/** What is needed to open and verify the layers of a message. */
export interface Keys extends VerifyOptions {
  readonly identities: readonly DecryptionIdentity[];
  readonly open?: OpenEnvelopedOptions;
}

/** One layer, told as the tables tell it. */
export type LayerRow =
  | {
      readonly layer: 'multipart/signed' | 'signed-data';
      readonly signature: string;
      readonly signers: number;
      readonly digest: readonly string[];
    }
  | {
      readonly layer: 'enveloped-data' | 'auth-enveloped-data';
      readonly cipher: string;
      readonly recipients: readonly string[];
      readonly plaintextSha256: string | null;
    }
  | { readonly layer: 'digested-data'; readonly matches: boolean | undefined };

/** Reads the layers of a message from the outside in, and the innermost bytes. */
export function readLayers(
  raw: Uint8Array,
  keys: Keys,
): { readonly rows: readonly LayerRow[]; readonly payload: Uint8Array } {
  const entity = parseEntity(raw);
  const { type } = entity.contentType;
  if (type === 'multipart/signed') {
    const [first, second] = entity.children;
    const signed = parseContentInfo(decodedBody(second!)) as SignedData;
    const row = signedRow('multipart/signed', signed, signedBytes(first!, signed, keys), keys);
    const inner = readLayers(entityBytes(first!), keys);
    return { rows: [row, ...inner.rows], payload: inner.payload };
  }
  if (!/^application\/(x-)?pkcs7-mime$/.test(type)) return { rows: [], payload: raw };
  return readCms(parseContentInfo(decodedBody(entity)), keys);
}

/** Old programs signed the lines as they were; RFC 8551 §3.1.1 wants CRLF. */
function signedBytes(part: Entity, signed: SignedData, keys: Keys): Uint8Array {
  const bytes = entityBytes(part);
  return answerOfSigners(signed, bytes, keys) === 'good' ? bytes : toCrlf(bytes);
}

function readCms(info: ReturnType<typeof parseContentInfo>, keys: Keys): ReturnType<typeof readLayers> {
  switch (info.type) {
    case 'signed': {
      const content = info.eContent ?? new Uint8Array(0);
      const inner = readLayers(content, keys);
      return { rows: [signedRow('signed-data', info, content, keys), ...inner.rows], payload: inner.payload };
    }
    case 'enveloped':
    case 'authEnveloped': {
      const outcome = openEnveloped(info, keys.identities, { legacy: true, ...keys.open });
      const content = outcome.status === 'opened' ? outcome.content : undefined;
      const inner =
        content === undefined ? { rows: [], payload: new Uint8Array(0) } : readLayers(content, keys);
      return { rows: [envelopeRow(info, content), ...inner.rows], payload: inner.payload };
    }
    case 'digested':
      return {
        rows: [{ layer: 'digested-data', matches: info.matches }],
        payload: info.eContent ?? new Uint8Array(0),
      };
    default:
      return { rows: [], payload: new Uint8Array(0) };
  }
}

function signedRow(
  layer: 'multipart/signed' | 'signed-data',
  signed: SignedData,
  content: Uint8Array,
  keys: Keys,
): LayerRow {
  const digests = signed.signerInfos.map(
    (info) => verifySignerInfo(signed, info, content, keys).digestAlgorithm,
  );
  return {
    layer,
    signature: answerOfSigners(signed, content, keys),
    signers: signed.signerInfos.length,
    digest: [...new Set(digests)],
  };
}

function envelopeRow(info: EnvelopedData | AuthEnvelopedData, content: Uint8Array | undefined): LayerRow {
  return {
    layer: info.type === 'enveloped' ? 'enveloped-data' : 'auth-enveloped-data',
    cipher: describeContentEncryption(info),
    recipients: [...new Set(describeRecipients(info).map(({ type }) => type))],
    plaintextSha256: content === undefined ? null : sha256(content),
  };
}

/** Lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
