import { expect, it } from 'vitest';
import { readContentEncryption } from '../../src/cms/content-cipher.ts';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import { openEnveloped } from '../../src/cms/open.ts';
import { SsympaError } from '../../src/errors.ts';
import { decodedBody, parseEntity } from '../../src/mime/entity.ts';
import { parsePem } from '../../src/pki/pem.ts';
import {
  answerOfSigners,
  describeCorpus,
  expectAnswer,
  identityOf,
  type Keys,
  readCorpusFile,
  readTable,
  sha256,
} from './cms-layers.ts';

const corpus = 'openssl-cms';

interface Row {
  readonly file: string;
  readonly format: string;
  readonly op: 'verify' | 'decrypt' | 'parse';
  readonly expect: 'reject' | 'ok';
  readonly why: string;
  readonly key?: string;
  readonly secretKeyHex?: string;
  readonly secretKeyIdHex?: string;
  readonly plaintextSha256?: string;
}

describeCorpus(corpus, 'the hostile and malformed CMS objects of the OpenSSL tests', () => {
  const { cms } = readTable<{ readonly cms: readonly Row[] }>(corpus);

  it.each(cms.map((row) => [`${row.op} ${row.file}: ${row.why}`, row] as const))('%s', (_name, row) => {
    expectAnswer(`${corpus}/${row.file}`, answerOf(row), row.expect);
  });

  /** `ok`, or `reject` by an error of ours or by a verdict; anything else that is thrown fails the test. */
  function answerOf(row: Row): string {
    try {
      return act(row) ? 'ok' : 'reject';
    } catch (error) {
      if (error instanceof SsympaError) return 'reject';
      throw error;
    }
  }

  function act(row: Row): boolean {
    const info = parseContentInfo(bytesOf(row));
    if (row.op === 'parse') {
      const isEnvelope = info.type === 'enveloped' || info.type === 'authEnveloped';
      if (!isEnvelope) return true;
      return readContentEncryption(info.encryptedContentInfo.contentEncryptionAlgorithm) !== undefined;
    }
    if (row.op === 'verify') {
      if (info.type !== 'signed') return false;
      return answerOfSigners(info, info.eContent ?? new Uint8Array(0), { legacy: true }) === 'good';
    }
    if (info.type !== 'enveloped' && info.type !== 'authEnveloped') return false;
    const outcome = openEnveloped(info, keysOf(row).identities, { legacy: true, ...keysOf(row).open });
    if (outcome.status !== 'opened') return false;
    if (row.plaintextSha256 !== undefined) expect(sha256(outcome.content)).toBe(row.plaintextSha256);
    return true;
  }

  function keysOf(row: Row): Keys {
    const { secretKeyHex, secretKeyIdHex } = row;
    return {
      identities: row.key === undefined ? [] : [identityOf(`${corpus}/${row.key}`)],
      open: {
        password: 'any',
        keyEncryptionKeys:
          secretKeyHex === undefined
            ? []
            : [{ identifier: Buffer.from(secretKeyIdHex!, 'hex'), key: Buffer.from(secretKeyHex, 'hex') }],
      },
    };
  }

  function bytesOf(row: Row): Uint8Array {
    const bytes = readCorpusFile(corpus, row.file);
    if (row.format === 'S/MIME') return decodedBody(parseEntity(bytes));
    if (bytes.includes('-----BEGIN')) return parsePem(bytes)[0]!.bytes;
    return bytes;
  }
});
