import { openCompressed } from '../../src/cms/compressed-data.ts';
import { parseContentInfo } from '../../src/cms/content-info.ts';
import { describeContentEncryption, describeRecipients } from '../../src/cms/describe.ts';
import { CmsError } from '../../src/cms/error.ts';
import { openEnveloped } from '../../src/cms/open.ts';
import { sealContent } from '../../src/cms/seal.ts';
import { formatCertsOnly, signContent } from '../../src/cms/sign.ts';
import { verifySignerInfo } from '../../src/cms/verify.ts';
import { byteMutators } from '../byte-mutators.ts';
import { derMutators } from '../der-mutators.ts';
import { alice, board, ca, identities, list, nowMs } from '../identity.ts';
import { bytesOf, corpusFiles } from '../seeds.ts';
import type { FuzzTarget } from '../target.ts';

const content = bytesOf('Content-Type: text/plain\r\n\r\nwords\r\n');

/** Messages of ours, of each type and for each kind of key. */
function ownSeeds(): readonly Uint8Array[] {
  const signer = { ...alice, chain: [ca.certificate] };
  return [
    ...[true, false].map((detached) => signContent({ content, detached, signer, atMs: nowMs })),
    signContent({ content, detached: false, signer: { ...board, chain: [] }, atMs: nowMs }),
    ...(['aes-256-gcm', 'aes-128-cbc'] as const).flatMap((cipher) => [
      sealContent(content, cipher).der([list.certificate]),
      sealContent(content, cipher).der([board.certificate, list.certificate]),
    ]),
    formatCertsOnly([alice.certificate, list.certificate]),
  ];
}

/** The reader of CMS, the judging of signatures and decryption, old ciphers among them. */
export const cmsTarget: FuzzTarget = {
  name: 'cms',
  errors: [CmsError],
  mutators: [...derMutators, ...derMutators, ...byteMutators],
  seeds: () => [
    ...ownSeeds(),
    ...corpusFiles(
      [
        'openssl-cms',
        'openssl-matrix',
        'cms-examples-rfc9216',
        'cms-mldsa',
        'rfc4134-examples',
        'sympa-samples',
      ],
      /\.(?:der|bin|p7[mcbs]|cms|env|pkcs7)$/,
    ),
  ],
  run: (input) => {
    const info = parseContentInfo(input);
    if (info.type === 'signed') {
      for (const signer of info.signerInfos)
        verifySignerInfo(info, signer, info.eContent ?? content, {
          legacy: true,
          certificates: [alice.certificate],
        });
    }
    if (info.type === 'enveloped' || info.type === 'authEnveloped') {
      describeRecipients(info);
      describeContentEncryption(info);
      openEnveloped(info, identities, { legacy: true, password: 'words' });
    }
    if (info.type === 'compressed') openCompressed(info, 1_000_000);
  },
};
