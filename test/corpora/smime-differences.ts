import { expect } from 'vitest';

/** A row that we answer otherwise than its table. */
interface Difference {
  /** What we answer. */
  readonly ours: unknown;
  readonly reason: string;
}

/**
 * Rows of the S/MIME corpora that we answer otherwise than their tables, each with the answer and the reason.
 *
 * A row that stands here must differ, and one that differs must stand here.
 */
const noAttributes =
  'S/MIME needs signed attributes: without them a signature over attributes can be passed off as one over content (EUF-CMA).';
const keyElsewhere =
  'The table opens it with a key or a password that was agreed elsewhere; smime inspect takes private keys only.';
const binaryCurve =
  'The key is on the binary curve K-283, which no S/MIME profile names; cofactor agreement on prime curves works.';

const badOuter =
  'A broken signature around the envelope makes the whole invalid; Thunderbird looks at the valid one inside alone.';
const nested =
  'Two valid signatures around each other, the outer one by the sender in From; Thunderbird reports such nesting as not good.';
const future =
  'The signing time lies ahead, and is a claim that proves nothing; such a signature is valid and updates no stored certificate.';
const signedEnvelope =
  'A valid signature around an envelope counts where none lies inside: it covers the ciphertext. Thunderbird ignores it.';

const noReplies =
  'A reply hides what the message that it answers hid; the list quotes no Subject of others, so it needs no policy for that.';

function verdicts(
  ours: boolean,
  reason: string,
  files: readonly string[],
): Readonly<Record<string, Difference>> {
  return Object.fromEntries(files.map((file) => [`thunderbird-smime/${file} verdict`, { ours, reason }]));
}

function unattributed(layer: string, digest: string): Difference {
  const row = { layer, signature: 'bad', digest: [digest], signers: 1, signer: null, chain: null };
  return { ours: [row], reason: noAttributes };
}

function envelope(recipient: string, decrypted: boolean): readonly object[] {
  return [{ layer: 'enveloped-data', cipher: 'aes-256-cbc', recipients: [recipient], decrypted }];
}

const smimeDifferences: Readonly<Record<string, Difference>> = {
  'openssl-matrix/enc-ecdh-cofactor.eml': { ours: envelope('kari', false), reason: binaryCurve },
  'openssl-matrix/enc-ecdh-cofactor.eml payload': { ours: null, reason: binaryCurve },
  'openssl-matrix/enc-ecdh-cofactor.eml innermost': { ours: null, reason: binaryCurve },
  'openssl-matrix/enc-kek-aes256.eml': { ours: envelope('kekri', false), reason: keyElsewhere },
  'openssl-matrix/enc-kek-aes256.eml innermost': { ours: null, reason: keyElsewhere },
  'openssl-matrix/enc-pwri.eml innermost': { ours: null, reason: keyElsewhere },
  'openssl-matrix/sign-detached-noattr.eml': unattributed('multipart/signed', 'sha256'),
  'rfc4134-examples/4.1.bin': unattributed('signed-data', 'sha1'),
  'rfc4134-examples/4.2.bin': unattributed('signed-data', 'sha1'),
  'rfc4134-examples/4.3.bin': unattributed('signed-data', 'sha1'),
  'rfc4134-examples/4.4.bin': {
    ours: [
      {
        layer: 'signed-data',
        signature: 'good',
        digest: ['sha1'],
        signers: 1,
        signer: 'a28a83107ba27b1796837dbe2ed4d9013b703e5e6f05b0bfaa4b9bf286268e0c',
        chain: 'untrusted',
      },
    ],
    reason:
      'A revocation list in the message itself revokes the signer; the table was made without a look at lists.',
  },
  'rfc4134-examples/4.5.bin': unattributed('signed-data', 'sha1'),
  'rfc4134-examples/4.7.bin': unattributed('signed-data', 'sha1'),
  'rfc4134-examples/4.8.eml': unattributed('multipart/signed', 'sha1'),
  'rfc4134-examples/4.9.eml': unattributed('signed-data', 'sha1'),
  'rfc4134-examples/5.2.bin': {
    ours: [{ layer: 'enveloped-data', cipher: 'rc2-cbc', recipients: ['kekri', 'ktri'], decrypted: true }],
    reason:
      'OpenSSL was asked without its legacy provider; our own RC2 opens it where old ciphers were asked for.',
  },
  ...verdicts(false, badOuter, [
    'smime-manual/alice.dsig.SHA256.multipart.env.dsig.eml',
    'smime-manual/outer-smime-bad-sig-inner-smime-enc-sig.eml',
  ]),
  ...verdicts(true, nested, [
    'smime/alice.env.dsig.SHA256.multipart.dave.sig.SHA256.opaque.eml',
    'smime/alice.env.dsig.SHA384.multipart.dave.sig.SHA384.opaque.eml',
    'smime/alice.env.dsig.SHA512.multipart.dave.sig.SHA512.opaque.eml',
    'smime/alice.plain.dsig.SHA256.multipart.dave.dsig.SHA256.multipart.eml',
    'smime/alice.plain.dsig.SHA256.multipart.dave.sig.SHA256.opaque.eml',
    'smime/alice.plain.dsig.SHA384.multipart.dave.dsig.SHA384.multipart.eml',
    'smime/alice.plain.dsig.SHA384.multipart.dave.sig.SHA384.opaque.eml',
    'smime/alice.plain.dsig.SHA512.multipart.dave.dsig.SHA512.multipart.eml',
    'smime/alice.plain.dsig.SHA512.multipart.dave.sig.SHA512.opaque.eml',
    'smime/alice.plain.sig.SHA256.opaque.dave.dsig.SHA256.multipart.eml',
    'smime/alice.plain.sig.SHA384.opaque.dave.dsig.SHA384.multipart.eml',
    'smime/alice.plain.sig.SHA512.opaque.dave.dsig.SHA512.multipart.eml',
  ]),
  ...verdicts(true, future, ['smime/alice.future.dsig.SHA256.multipart.eml']),
  ...verdicts(true, signedEnvelope, [
    'smime/alice.env.sig.SHA256.opaque.eml',
    'smime/alice.env.sig.SHA384.opaque.eml',
    'smime/alice.env.sig.SHA512.opaque.eml',
  ]),
  'rfc9788-header-protection/smime-signed-enc-complex.inner.eml sender': {
    ours: false,
    reason:
      'The file is a decrypted layer without a From field; the table holds the signer against the From further out.',
  },
  'rfc9788-header-protection/composition D.2.2 HP-Outer': {
    ours: [
      'Date: Wed, 11 Jan 2023 16:48:22 -0500',
      'From: Alice <alice@example.net>',
      'To: Bob <bob@example.net>',
      'Subject: Re: Handling the Jones contract',
      'Message-ID: <20230111T214822Z.5678@lhp.example>',
      'In-Reply-To: <20230111T210843Z.1234@lhp.example>',
      'References: <20230111T210843Z.1234@lhp.example>',
    ],
    reason: noReplies,
  },
  'rfc9788-header-protection/composition D.2.2 outer': {
    ours: { Subject: 'Re: Handling the Jones contract' },
    reason: noReplies,
  },
  'rfc9788-header-protection/composition D.2.2 body': {
    ours: 'On Wed, Bob wrote:\n',
    reason: noReplies,
  },
};

/**
 * Holds an answer of ours against the table, or against the list of differences; both ways.
 *
 * @param row `corpus/file what`
 */
export function expectRow(row: string, ours: unknown, table: unknown): void {
  const difference = smimeDifferences[row];
  if (difference === undefined) {
    expect(ours, row).toEqual(table);
    return;
  }
  expect(ours, row).toEqual(difference.ours);
  expect(ours, `${row} no longer differs: ${difference.reason}`).not.toEqual(table);
}
