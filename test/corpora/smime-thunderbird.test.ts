import { expect, it } from 'vitest';
import type { DecryptionIdentity } from '../../src/cms/open.ts';
import { openPkcs12 } from '../../src/pki/pkcs12.ts';
import { keyMatchesCertificate } from '../../src/pki/private-key.ts';
import { certificatesOf, describeCorpus, readCorpusFile, readTable } from './cms-layers.ts';
import {
  expectedOf,
  openCorpusMessage,
  oursOf,
  payloadDigest,
  rootDown,
  type TableLayer,
} from './smime-cases.ts';
import { expectRow } from './smime-differences.ts';

const corpus = 'thunderbird-smime';

interface Table {
  readonly trust: string;
  readonly verificationTime: string;
  readonly p12password: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly file: string;
    readonly layers: readonly TableLayer[];
    readonly thunderbird?: { readonly enc?: boolean; readonly sig?: boolean; readonly sig_good?: boolean };
  }[];
}

describeCorpus(corpus, 'messages of Thunderbird and NSS', () => {
  const table = readTable<Table>(corpus);
  const identities = Object.values(table.keys).flatMap((file) => pairsOf(file, table.p12password));
  const keys = {
    identities,
    trustAnchors: certificatesOf(corpus, table.trust),
    atMs: Date.parse(table.verificationTime.slice(0, 20)),
  };

  it.each(table.cases.map((row) => [row.file, row] as const))('%s', (file, { layers, thunderbird }) => {
    const opened = openCorpusMessage(readCorpusFile(corpus, file), keys);
    expectRow(`${corpus}/${file}`, oursOf(opened), expectedOf(layers));
    const envelope = rootDown(layers).findLast(({ plaintextSha256 }) => plaintextSha256 !== undefined);
    if (envelope) expectRow(`${corpus}/${file} payload`, payloadDigest(opened), envelope.plaintextSha256);
    if (thunderbird?.sig_good === undefined) return;
    // What is good to Thunderbird is judged without the old algorithms.
    const today = openCorpusMessage(readCorpusFile(corpus, file), { ...keys, legacy: false });
    expectRow(`${corpus}/${file} verdict`, today.signature.status === 'valid', thunderbird.sig_good);
  });
});

function pairsOf(file: string, password: string): readonly DecryptionIdentity[] {
  const { certificates, keys } = openPkcs12(readCorpusFile(corpus, file), password, { legacy: true });
  return keys.map(({ key }) => {
    const certificate = certificates.find((one) => keyMatchesCertificate(key, one));
    expect(certificate, file).toBeDefined();
    return { certificate: certificate!, privateKey: key };
  });
}
