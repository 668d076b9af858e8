import { it } from 'vitest';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import { verifySignerInfo } from '../../src/cms/verify.ts';
import { parsePem } from '../../src/pki/pem.ts';
import { describeCorpus, expectAnswer, readCorpusFile, readTable } from './cms-layers.ts';

const corpus = 'cms-mldsa';

describeCorpus(corpus, 'signatures by ML-DSA, RFC 9882', () => {
  const { cases } = readTable<{ readonly cases: readonly { readonly file: string }[] }>(corpus);

  it.each(cases.map(({ file }) => file))('%s', (file) => {
    const info = parseContentInfo(parsePem(readCorpusFile(corpus, file))[0]!.bytes);
    if (info.type !== 'signed') throw new Error(`read as ${info.type}`);
    const content = info.eContent ?? new Uint8Array(0);
    const verdicts = info.signerInfos.map((signer) => verifySignerInfo(info, signer, content));
    const answers = verdicts.map((verdict) =>
      verdict.status === 'bad' ? `${verdict.signatureAlgorithm} ${verdict.code}` : 'good',
    );

    // The table is for programs without ML-DSA: they must say so, and never call it good.
    expectAnswer(`${corpus}/${file}`, answers.join(), 'unsupported-algorithm');
  });
});
