import { createHmac, createPrivateKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AlgorithmIdentifier, makeAlgorithm, readAlgorithm } from './algorithm.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import {
  type Asn1,
  derExplicit,
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derValue,
  isContext,
  readAsn1,
  readExplicit,
  readOctetString,
  readOid,
  readSequence,
  readSet,
  readSmallInteger,
  readString,
  tags,
} from './der.ts';
import { PkiError } from './error.ts';
import { oids } from './oid.ts';
import { decryptPbe, makePassword, type Password } from './pbe.ts';
import { derivePasswordKey, encryptPbes2, encryptWithPbes2, readIterations, readSalt } from './pbes2.ts';
import { derivePkcs12, pkcs12Purposes } from './pkcs12-kdf.ts';
import { exportPrivateKey } from './private-key.ts';
import { type HashName, hashOf } from './signature.ts';

/** A key of a PKCS#12 file. */
export interface Pkcs12Key {
  readonly key: KeyObject;
  /** What ties it to its certificate, in lower-case hex. */
  readonly localKeyId: string | undefined;
  readonly friendlyName: string | undefined;
}

/** A certificate of a PKCS#12 file, with its attributes. */
export interface Pkcs12Certificate {
  readonly certificate: Certificate;
  readonly localKeyId: string | undefined;
  readonly friendlyName: string | undefined;
}

/** What a PKCS#12 file holds, in its order. */
export interface Pkcs12 {
  readonly certificates: readonly Certificate[];
  readonly certificateBags: readonly Pkcs12Certificate[];
  readonly keys: readonly Pkcs12Key[];
}

/** How a PKCS#12 file is opened. */
export interface Pkcs12Options {
  /** Reads RC2 and 3DES too, which most files of older programs use. */
  readonly legacy?: boolean;
}

/** A PKCS#12 file larger than this is not read. */
const maxPkcs12Bytes = 16 * 1024 * 1024;
const maxBags = 10_000;
const maxBagDepth = 8;

/**
 * Opens a PKCS#12 file: RFC 7292, with PBMAC1 of RFC 9579.
 *
 * @param bytes DER or BER, at most 16 MB
 * @param password undefined for a file without a password
 * @throws PkiError `wrong-password`, `weak-encryption`, `legacy-cipher`, `unsupported-algorithm`, `bad-pkcs12`, `bad-key`,
 *   `too-big`, or a code of the reader
 */
export function openPkcs12(
  bytes: Uint8Array,
  password: string | undefined,
  options: Pkcs12Options = {},
): Pkcs12 {
  if (bytes.length > maxPkcs12Bytes) throw new PkiError('too-big', 'a PKCS#12 file is too large');
  const [version, authSafe, macData, ...rest] = readSequence(readAsn1(bytes), 'a PKCS#12 file');
  if (readSmallInteger(version) !== 3 || rest.length > 0)
    throw new PkiError('bad-pkcs12', 'a PKCS#12 file has a strange version');
  const content = readContent(authSafe, oids.data);
  const safe = readOctetString(content, 'the content of a PKCS#12 file');
  const used = macData === undefined ? makePassword(password ?? '') : checkMac(macData, safe, password);
  return new Pkcs12Reader(used, options.legacy ?? false).read(safe);
}

/** Gives the content of a ContentInfo of the wanted type. */
function readContent(node: Asn1 | undefined, type: string): Asn1 {
  const [oid, content, ...rest] = readSequence(node, 'a part of a PKCS#12 file');
  if (readOid(oid) !== type || !isContext(content, 0) || rest.length > 0) {
    throw new PkiError('bad-pkcs12', 'a part of a PKCS#12 file has a type that is not supported');
  }
  return readExplicit(content);
}

/**
 * Checks the MAC, RFC 7292 §4 and RFC 9579.
 *
 * @returns the form of the password that the MAC holds for: an empty one is written in two ways
 */
function checkMac(macData: Asn1, content: Uint8Array, password: string | undefined): Password {
  const [digestInfo, salt, iterations] = readSequence(macData, 'the MAC of a PKCS#12 file');
  const [algorithmNode, digest] = readSequence(digestInfo, 'the MAC of a PKCS#12 file');
  const algorithm = readAlgorithm(algorithmNode);
  const expected = readOctetString(digest, 'a MAC');
  const candidates =
    password === undefined || password === ''
      ? [makePassword(''), makePassword(undefined)]
      : [makePassword(password)];
  for (const candidate of candidates) {
    const mac =
      algorithm.oid === oids.pbmac1
        ? pbmac1(algorithm, candidate, content)
        : oldMac(algorithm, salt, iterations, candidate, content);
    if (mac.length === expected.length && timingSafeEqual(mac, expected)) return candidate;
  }
  throw password === undefined
    ? new PkiError('password-needed', 'the PKCS#12 file has a password')
    : new PkiError('wrong-password', 'the password does not open the PKCS#12 file');
}

// RFC 7292 §B.4.
function oldMac(
  algorithm: AlgorithmIdentifier,
  salt: Asn1 | undefined,
  iterations: Asn1 | undefined,
  password: Password,
  content: Uint8Array,
): Uint8Array {
  const hash = hashOf(algorithm);
  const count = iterations === undefined ? 1 : readIterations(iterations);
  const { length } = createHmac(hash, '').digest();
  const key = derivePkcs12(hash, pkcs12Purposes.mac, password.bmp, readSalt(salt), count, length);
  return createHmac(hash, key).update(content).digest();
}

const macHashes: Readonly<Record<string, HashName>> = {
  [oids.hmacWithSha1]: 'sha1',
  [oids.hmacWithSha224]: 'sha224',
  [oids.hmacWithSha256]: 'sha256',
  [oids.hmacWithSha384]: 'sha384',
  [oids.hmacWithSha512]: 'sha512',
};

// RFC 9579 §4, §5: the length of the key must be told.
function pbmac1({ parameters }: AlgorithmIdentifier, password: Password, content: Uint8Array): Uint8Array {
  const [kdf, scheme] = readSequence(parameters && readAsn1(parameters), 'the parameters of PBMAC1').map(
    readAlgorithm,
  );
  const hash = macHashes[scheme?.oid ?? ''];
  if (kdf?.oid !== oids.pbkdf2 || hash === undefined) {
    throw new PkiError('unsupported-algorithm', 'a PKCS#12 file has a MAC that is not supported');
  }
  const key = derivePasswordKey(kdf, password.text, undefined, true);
  return createHmac(hash, key).update(content).digest();
}

class Pkcs12Reader {
  readonly #password: Password;
  readonly #legacy: boolean;
  readonly #certificates: Pkcs12Certificate[] = [];
  readonly #keys: Pkcs12Key[] = [];
  #bagsLeft = maxBags;

  constructor(password: Password, legacy: boolean) {
    this.#password = password;
    this.#legacy = legacy;
  }

  read(authenticatedSafe: Uint8Array): Pkcs12 {
    for (const info of readSequence(readAsn1(authenticatedSafe), 'the parts of a PKCS#12 file')) {
      this.#readBags(readAsn1(this.#openPart(info)), 1);
    }
    return {
      certificates: this.#certificates.map(({ certificate }) => certificate),
      certificateBags: this.#certificates,
      keys: this.#keys,
    };
  }

  #openPart(info: Asn1): Uint8Array {
    const type = readOid(readSequence(info, 'a part of a PKCS#12 file')[0]);
    if (type === oids.data) return readOctetString(readContent(info, oids.data));
    const encrypted = readSequence(readContent(info, oids.encryptedData), 'encrypted data');
    const [contentType, algorithm, content] = readSequence(encrypted[1], 'encrypted content');
    if (readOid(contentType) !== oids.data || !isContext(content, 0)) {
      throw new PkiError('bad-pkcs12', 'an encrypted part of a PKCS#12 file has no content');
    }
    return this.#decrypt(readAlgorithm(algorithm), readOctetString(content));
  }

  #decrypt(algorithm: AlgorithmIdentifier, encrypted: Uint8Array): Uint8Array {
    return decryptPbe(algorithm, encrypted, this.#password, this.#legacy);
  }

  // RFC 7292 §4.2.
  #readBags(contents: Asn1, depth: number): void {
    if (depth > maxBagDepth)
      throw new PkiError('bad-pkcs12', 'the bags of a PKCS#12 file are nested too deep');
    for (const bag of readSequence(contents, 'the bags of a PKCS#12 file')) {
      this.#bagsLeft -= 1;
      if (this.#bagsLeft < 0) throw new PkiError('too-big', 'a PKCS#12 file has too many bags');
      const [id, value, attributes] = readSequence(bag, 'a bag of a PKCS#12 file');
      if (!isContext(value, 0)) throw new PkiError('bad-pkcs12', 'a bag of a PKCS#12 file has no value');
      this.#readBag(readOid(id), readExplicit(value), readAttributes(attributes), depth);
    }
  }

  #readBag(id: string, value: Asn1, attributes: BagAttributes, depth: number): void {
    if (id === oids.safeContentsBag) this.#readBags(value, depth + 1);
    if (id === oids.keyBag) this.#keys.push({ key: createKey(value.raw), ...attributes });
    if (id === oids.pkcs8ShroudedKeyBag) {
      const [algorithm, encrypted] = readSequence(value, 'an encrypted key');
      const plain = this.#decrypt(readAlgorithm(algorithm), readOctetString(encrypted));
      this.#keys.push({ key: createKey(plain), ...attributes });
    }
    if (id === oids.certBag) this.#readCertificate(value, attributes);
  }

  #readCertificate(value: Asn1, attributes: BagAttributes): void {
    const [type, content] = readSequence(value, 'a certificate bag');
    // RFC 7292 §4.2.3: there is another type of certificate, of which nobody makes use.
    if (readOid(type) !== oids.x509Certificate || !isContext(content, 0)) return;
    const certificate = parseCertificate(readOctetString(readExplicit(content)));
    this.#certificates.push({ certificate, ...attributes });
  }
}

function createKey(pkcs8: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new PkiError('bad-key', 'a private key of a PKCS#12 file cannot be read', { cause });
  }
}

interface BagAttributes {
  readonly localKeyId: string | undefined;
  readonly friendlyName: string | undefined;
}

function readAttributes(node: Asn1 | undefined): BagAttributes {
  const attributes = node === undefined ? [] : readSet(node, 'the attributes of a bag');
  let localKeyId: string | undefined;
  let friendlyName: string | undefined;
  for (const attribute of attributes) {
    const [type, values] = readSequence(attribute, 'an attribute of a bag');
    const value = readSet(values, 'the values of an attribute')[0];
    if (readOid(type) === oids.localKeyId) localKeyId = Buffer.from(readOctetString(value)).toString('hex');
    if (readOid(type) === oids.friendlyName) friendlyName = readString(value);
  }
  return { localKeyId, friendlyName };
}

/** What a PKCS#12 file is made of. */
export interface Pkcs12Input {
  readonly key?: KeyObject;
  /** The certificate of the key first. */
  readonly certificates: readonly Certificate[];
  readonly friendlyName?: string;
  readonly password: string;
}

/**
 * Makes a PKCS#12 file: PBES2 with AES-256, and a MAC with HMAC-SHA-256 that programs older than RFC 9579 read, too.
 *
 * @returns DER
 */
export function createPkcs12({ key, certificates, friendlyName, password }: Pkcs12Input): Uint8Array {
  const keyId = Buffer.from(certificates[0]?.sha256 ?? '', 'hex').subarray(0, 20);
  const attributes = derAttributes(keyId, friendlyName);
  const certificateBags = certificates.map((certificate, index) =>
    derBag(
      oids.certBag,
      derSequence(derOid(oids.x509Certificate), derExplicit(0, derOctetString(certificate.der))),
      index === 0 ? attributes : [],
    ),
  );
  const keyBags = key
    ? [derBag(oids.pkcs8ShroudedKeyBag, encryptPbes2(exportPrivateKey(key), password), attributes)]
    : [];
  const { algorithm, encrypted } = encryptWithPbes2(derSequence(...certificateBags), password);
  const encryptedContent = derSequence(
    derOid(oids.data),
    algorithm.raw,
    derImplicit(0, derOctetString(encrypted)),
  );
  const safe = derSequence(
    derContentInfo(oids.encryptedData, derSequence(derInteger(0), encryptedContent)),
    derContentInfo(oids.data, derOctetString(derSequence(...keyBags))),
  );
  return derSequence(derInteger(3), derContentInfo(oids.data, derOctetString(safe)), derMac(safe, password));
}

function derContentInfo(type: string, content: Uint8Array): Uint8Array {
  return derSequence(derOid(type), derExplicit(0, content));
}

function derBag(id: string, value: Uint8Array, attributes: readonly Uint8Array[]): Uint8Array {
  return derSequence(
    derOid(id),
    derExplicit(0, value),
    ...(attributes.length > 0 ? [derSetOf(...attributes)] : []),
  );
}

function derAttributes(keyId: Uint8Array, friendlyName: string | undefined): readonly Uint8Array[] {
  const id = derSequence(derOid(oids.localKeyId), derSetOf(derOctetString(keyId)));
  if (friendlyName === undefined) return [id];
  const bmp = derValue(tags.bmpString, Buffer.from(friendlyName, 'utf16le').swap16());
  return [id, derSequence(derOid(oids.friendlyName), derSetOf(bmp))];
}

const macIterations = 10_000;

function derMac(safe: Uint8Array, password: string): Uint8Array {
  const salt = randomBytes(16);
  const key = derivePkcs12('sha256', pkcs12Purposes.mac, makePassword(password).bmp, salt, macIterations, 32);
  const mac = createHmac('sha256', key).update(safe).digest();
  const digestInfo = derSequence(makeAlgorithm(oids.sha256, 'null').raw, derOctetString(mac));
  return derSequence(digestInfo, derOctetString(salt), derInteger(macIterations));
}
