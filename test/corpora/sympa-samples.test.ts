import { expect, it } from 'vitest';
import { describeCorpus, expectAnswer, readCorpusFile, readLayers, readTable } from './cms-layers.ts';

const corpus = 'sympa-samples';

interface Table {
  readonly messages: readonly {
    readonly file: string;
    readonly isSigned?: boolean;
    readonly layers?: readonly {
      readonly layer: string;
      readonly signature: string;
      readonly digest: readonly string[];
    }[];
  }[];
}

describeCorpus(corpus, "the signed sample of Sympa's tests", () => {
  const rows = readTable<Table>(corpus).messages.filter(({ isSigned }) => isSigned !== undefined);

  it.each(rows.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const { rows: layers } = readLayers(readCorpusFile(corpus, file), { legacy: true, identities: [] });
    const told = layers.map((layer) =>
      'signature' in layer ? `${layer.layer} ${layer.signature} ${layer.digest}` : '',
    );
    const expected = (row.layers ?? []).map(
      ({ layer, signature, digest }) => `${layer} ${signature} ${digest}`,
    );
    expectAnswer(`${corpus}/${file}`, told.join(), expected.join());
    expect(layers.length > 0).toBe(row.isSigned);
  });

  it('calls the SHA-1 of that sample weak where old algorithms were not asked for', () => {
    const { rows: layers } = readLayers(readCorpusFile(corpus, 'samples/signed.eml'), { identities: [] });
    expect(layers).toMatchObject([{ signature: 'bad weak-algorithm' }]);
  });
});
