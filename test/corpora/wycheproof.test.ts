import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import { type CipherName, cipherNamed } from '../../src/cms/content-cipher.ts';
import { decryptContent } from '../../src/cms/content-encryption.ts';
import { type DigestName, digestNamed } from '../../src/cms/digest.ts';
import { agreeOnSecret, originatorKeyOf } from '../../src/cms/key-agreement.ts';
import { decryptPkcs1 } from '../../src/cms/key-transport.ts';
import { findKeyWrap, unwrapKey } from '../../src/cms/key-wrap.ts';
import { decryptOaep } from '../../src/cms/oaep.ts';
import { verifyPss } from '../../src/cms/rsa-pss.ts';
import { findScheme } from '../../src/cms/signature-scheme.ts';
import { makeAlgorithm } from '../../src/pki/algorithm.ts';
import { derInteger, derOctetString, derOid, derSequence } from '../../src/pki/der.ts';
import { oids } from '../../src/pki/oid.ts';
import { readSpki } from '../../src/pki/public-key.ts';
import { describeCorpus, expectAnswer, readCorpusFile } from './cms-layers.ts';

const corpus = 'wycheproof';

/** A vector and the group it stands in, as the files have them; byte strings are hexadecimal. */
type Vector = Readonly<Record<string, string>> & { readonly tcId: number };
type Group = Readonly<Record<string, string>> & {
  readonly tests: readonly Vector[];
  readonly keySize: number;
  readonly tagSize: number;
  readonly sLen: number;
};

/** Gives what our code makes of a vector: output bytes, whether a signature holds, or undefined for a refusal. */
type Act = (vector: Vector, group: Group) => Uint8Array | boolean | undefined;

const hex = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'hex');
const digest = (name: string | undefined) =>
  digestNamed(name!.toLowerCase().replace('sha-', 'sha') as DigestName);

function pkcs8(group: Group): KeyObject {
  return createPrivateKey({ key: hex(group.privateKeyPkcs8), format: 'der', type: 'pkcs8' });
}

function spki(group: Group): KeyObject {
  return createPublicKey({ key: hex(group.publicKeyDer), format: 'der', type: 'spki' });
}

function decrypt(name: CipherName): Act {
  return (vector, { tagSize }) => {
    const encryption = {
      cipher: cipherNamed(name),
      iv: hex(vector.iv),
      tagBytes: (tagSize ?? 0) / 8,
      effectiveBits: 0,
      derivation: undefined,
    };
    return decryptContent(encryption, hex(vector.key), hex(vector.ct), hex(vector.aad), hex(vector.tag));
  };
}

const oaep: Act = (vector, group) =>
  decryptOaep(
    pkcs8(group),
    { digest: digest(group.sha), mgfDigest: digest(group.mgfSha), label: hex(vector.label) },
    hex(vector.ct),
  );

const wrapOids: Readonly<Record<number, string>> = {
  128: oids.aes128Wrap,
  192: oids.aes192Wrap,
  256: oids.aes256Wrap,
};

const wrap: Act = (vector, { keySize }) =>
  unwrapKey(findKeyWrap(makeAlgorithm(wrapOids[keySize]!))!, hex(vector.key), hex(vector.ct));

function signature(oid: string, name: DigestName): Act {
  return (vector, group) => {
    const scheme = findScheme(makeAlgorithm(oid), digestNamed(name));
    if (typeof scheme === 'string') throw new Error(scheme);
    try {
      return scheme.verify(hex(vector.msg), spki(group), hex(vector.sig));
    } catch {
      return false;
    }
  };
}

const pss: Act = (vector, group) => {
  const parameters = { digest: digest(group.sha), mgfDigest: digest(group.mgfSha), saltLength: group.sLen };
  try {
    return verifyPss(parameters, hex(vector.msg), spki(group), hex(vector.sig));
  } catch {
    return false;
  }
};

/** RFC 5915 without the public key. */
function ecPrivateKey(curve: string, scalar: Uint8Array, bytes: number): KeyObject {
  const fixed = Buffer.concat([Buffer.alloc(bytes), scalar]).subarray(-bytes);
  const key = derSequence(derInteger(1), derOctetString(fixed));
  const algorithm = derSequence(derOid(oids.ecPublicKey), derOid(curve));
  const info = derSequence(derInteger(0), algorithm, derOctetString(key));
  return createPrivateKey({ key: Buffer.from(info), format: 'der', type: 'pkcs8' });
}

/** The public key reaches us as a point and an identifier, as a message brings it. */
function agree(curve: string, bytes: number, encoding: 'point' | 'spki'): Act {
  const recipient = makeAlgorithm(oids.ecPublicKey, derOid(curve));
  return (vector) => {
    const privateKey = ecPrivateKey(curve, hex(vector.private), bytes);
    const originator = originatorOf(hex(vector.public), encoding);
    const publicKey = originator && originatorKeyOf(originator, recipient);
    return publicKey && agreeOnSecret(privateKey, publicKey);
  };
}

function originatorOf(
  bytes: Buffer,
  encoding: 'point' | 'spki',
): Parameters<typeof originatorKeyOf>[0] | undefined {
  if (encoding === 'point') return { algorithm: makeAlgorithm(oids.ecPublicKey), publicKey: bytes };
  try {
    const { algorithm, key } = readSpki(bytes);
    return { algorithm, publicKey: key };
  } catch {
    return undefined;
  }
}

const x25519: Act = (vector) => {
  const algorithm = makeAlgorithm(oids.x25519);
  const info = derSequence(derInteger(0), algorithm.raw, derOctetString(derOctetString(hex(vector.private))));
  const privateKey = createPrivateKey({ key: Buffer.from(info), format: 'der', type: 'pkcs8' });
  const publicKey = originatorKeyOf({ algorithm, publicKey: hex(vector.public) }, algorithm);
  return publicKey && agreeOnSecret(privateKey, publicKey);
};

const gcmNames: Readonly<Record<number, CipherName>> = {
  128: 'aes-128-gcm',
  192: 'aes-192-gcm',
  256: 'aes-256-gcm',
};
const cbcNames: Readonly<Record<number, CipherName>> = {
  128: 'aes-128-cbc',
  192: 'aes-192-cbc',
  256: 'aes-256-cbc',
};

/** What each file is run through, and the field that holds the expected output. */
const runs: readonly (readonly [file: string, output: 'msg' | 'shared' | null, act: Act])[] = [
  ['rsa_oaep_2048_sha1_mgf1sha1', 'msg', oaep],
  ['rsa_oaep_2048_sha256_mgf1sha1', 'msg', oaep],
  ['rsa_oaep_2048_sha256_mgf1sha256', 'msg', oaep],
  ['rsa_oaep_2048_sha512_mgf1sha512', 'msg', oaep],
  ['rsa_oaep_misc', 'msg', oaep],
  ['aes_gcm', 'msg', (vector, group) => decrypt(gcmNames[group.keySize]!)(vector, group)],
  ['aes_cbc_pkcs5', 'msg', (vector, group) => decrypt(cbcNames[group.keySize]!)(vector, group)],
  ['chacha20_poly1305', 'msg', decrypt('chacha20-poly1305')],
  ['aes_wrap', 'msg', wrap],
  ['ecdh_secp256r1_ecpoint', 'shared', agree(oids.prime256v1, 32, 'point')],
  ['ecdh_secp384r1_ecpoint', 'shared', agree(oids.secp384r1, 48, 'point')],
  ['ecdh_secp256r1', 'shared', agree(oids.prime256v1, 32, 'spki')],
  ['x25519', 'shared', x25519],
  ['ecdsa_secp256r1_sha256', null, signature(oids.ecdsaWithSha256, 'sha256')],
  ['ecdsa_secp384r1_sha384', null, signature(oids.ecdsaWithSha384, 'sha384')],
  ['ed25519', null, signature(oids.ed25519, 'sha512')],
  ['rsa_signature_2048_sha256', null, signature(oids.sha256WithRsa, 'sha256')],
  ['rsa_signature_2048_sha512', null, signature(oids.sha512WithRsa, 'sha512')],
  ['rsa_signature_3072_sha256', null, signature(oids.rsaEncryption, 'sha256')],
  ['rsa_pss_2048_sha256_mgf1_32', null, pss],
  ['rsa_pss_2048_sha256_mgf1_32_params', null, pss],
  ['rsa_pss_misc_params', null, pss],
];

describeCorpus(corpus, 'the Wycheproof vectors through our own wrappers', () => {
  it.each(runs)('%s', (file, output, act) => {
    const groups = groupsOf(file);
    expect(groups.flatMap(({ tests }) => tests).filter(({ result }) => result === 'valid')).not.toEqual([]);
    const wrong = groups.flatMap((group) =>
      group.tests.filter((vector) => !agrees(vector, output, act(vector, group))).map(({ tcId }) => tcId),
    );
    expectAnswer(`${corpus}/${file}`, wrong.join(), '');
  });

  it('rsa_pkcs1_2048: each message comes out, and each bad padding gives a made-up key instead of an error', () => {
    const came = groupsOf('rsa_pkcs1_2048').flatMap((group) => {
      const privateKey = pkcs8(group);
      return group.tests.map(({ ct, msg, result, flags }) => {
        const key = decryptPkcs1(privateKey, hex(ct));
        const what = key === undefined ? 'nothing' : hex(msg).equals(key) ? 'the message' : 'a made-up key';
        return `${result === 'valid' ? result : flags} gives ${what}`;
      });
    });
    expect([...new Set(came)].sort()).toEqual([
      'CVE-2020-14967,InvalidCiphertextFormat gives nothing',
      'CVE-2021-3580,InvalidCiphertextFormat gives nothing',
      // That which is cut short by a byte is a number below the modulus as well.
      'InvalidCiphertextFormat gives a made-up key',
      'InvalidCiphertextFormat gives nothing',
      'InvalidPkcs1Padding gives a made-up key',
      'valid gives the message',
    ]);
  });
});

function groupsOf(file: string): readonly Group[] {
  const bytes = readCorpusFile(corpus, `${file}_test.json`).toString();
  return (JSON.parse(bytes) as { readonly testGroups: readonly Group[] }).testGroups;
}

function agrees(vector: Vector, output: 'msg' | 'shared' | null, outcome: ReturnType<Act>): boolean {
  const accepted = outcome === true || outcome instanceof Uint8Array;
  const fits = output === null || !(outcome instanceof Uint8Array) || hex(vector[output]).equals(outcome);
  if (vector.result === 'acceptable') return !accepted || fits;
  return vector.result === 'valid' ? accepted && fits : !accepted;
}
