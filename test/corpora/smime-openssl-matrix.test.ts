import { expect, it } from 'vitest';
import { certificatesOf, describeCorpus, identityOf, readCorpusFile, readTable } from './cms-layers.ts';
import {
  expectedOf,
  innermostDigest,
  openCorpusMessage,
  oursOf,
  payloadDigest,
  rootDown,
  type TableLayer,
} from './smime-cases.ts';
import { expectRow } from './smime-differences.ts';

const corpus = 'openssl-matrix';

interface Table {
  readonly contentSha256: Readonly<Record<string, string>>;
  readonly verificationTime: string;
  readonly trust: readonly string[];
  readonly cases: readonly {
    readonly file: string;
    readonly layers?: readonly TableLayer[];
    readonly payload?: string;
    readonly certificates?: readonly string[];
  }[];
}

describeCorpus(corpus, 'messages that openssl wrote, as smime inspect sees them', () => {
  const table = readTable<Table>(corpus);
  const keys = {
    identities: [
      'rfc9216-keys/bob.encrypt.key',
      'openssl-cms/smime-certs/smec1.pem',
      'openssl-cms/smime-certs/smec2.pem',
    ].map(identityOf),
    trustAnchors: table.trust.flatMap((path) => certificatesOf(corpusOf(path), fileOf(path))),
    untrusted: certificatesOf('rfc9216-keys', 'alice.sign.crt'),
    atMs: Date.parse(table.verificationTime),
  };
  const messages = table.cases.filter(({ layers }) => layers !== undefined);

  it.each(messages.map((row) => [row.file, row] as const))('%s', (file, { layers, payload }) => {
    const opened = openCorpusMessage(readCorpusFile(corpus, file), keys);
    expectRow(`${corpus}/${file}`, oursOf(opened), expectedOf(layers!));
    const envelope = rootDown(layers!).findLast(({ plaintextSha256 }) => plaintextSha256 !== undefined);
    if (envelope) expectRow(`${corpus}/${file} payload`, payloadDigest(opened), envelope.plaintextSha256);
    expectRow(`${corpus}/${file} innermost`, innermostDigest(opened), table.contentSha256[payload!]);
  });

  it('reads certificates alone', () => {
    const row = table.cases.find(({ certificates }) => certificates !== undefined)!;
    const opened = openCorpusMessage(readCorpusFile(corpus, row.file), keys);
    expect(opened.kind).toBe('certs-only');
    expect(opened.signature.status).toBe('none');
  });
});

function corpusOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

function fileOf(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}
