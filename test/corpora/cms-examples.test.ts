import { expect, it } from 'vitest';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import { openEnveloped } from '../../src/cms/open.ts';
import {
  answerOfSigners,
  certificatesOf,
  describeCorpus,
  expectAnswer,
  identityOf,
  readCorpusFile,
  readTable,
} from './cms-layers.ts';

const corpus = 'cms-examples-rfc9216';

interface Table {
  readonly content: string;
  readonly cases: readonly {
    readonly file: string;
    readonly what: string;
    readonly expect: {
      readonly signature?: string;
      readonly signer?: readonly string[];
      readonly detachedContent?: string;
      readonly decryptWith?: readonly string[];
    };
  }[];
}

describeCorpus(corpus, 'the example objects with the keys of RFC 9216', () => {
  const table = readTable<Table>(corpus);
  const people = ['alice', 'bob', 'carlos', 'dana'];
  const identities = people.map((name) => identityOf(`rfc9216-keys/${name}.encrypt.key`));
  const certificates = people.flatMap((name) => certificatesOf('rfc9216-keys', `${name}.sign.crt`));
  const content = Buffer.from(table.content);

  it.each(table.cases.map((row) => [`${row.file}: ${row.what}`, row] as const))('%s', (_name, row) => {
    const info = parseContentInfo(readCorpusFile(corpus, row.file));
    if (info.type === 'signed') {
      expect(Buffer.from(info.eContent ?? content)).toEqual(content);
      expect(info.eContent === undefined).toBe(row.expect.detachedContent !== undefined);
      const answer = answerOfSigners(info, info.eContent ?? content, { certificates });
      expectAnswer(`${corpus}/${row.file}`, answer, row.expect.signature!);
      expect(info.signerInfos).toHaveLength(row.expect.signer!.length);
      return;
    }
    if (info.type !== 'enveloped' && info.type !== 'authEnveloped') throw new Error(`read as ${info.type}`);
    const keys = row.expect.decryptWith ?? [];
    for (const key of keys) {
      const outcome = openEnveloped(info, [identityOf(`rfc9216-keys/${key}`)]);
      expect(outcome).toMatchObject({ status: 'opened', aead: info.type === 'authEnveloped' });
      expect(outcome.status === 'opened' && Buffer.from(outcome.content).toString()).toBe(table.content);
    }
    if (keys.length === 0) expect(openEnveloped(info, identities)).toEqual({ status: 'not-for-us' });
  });
});
