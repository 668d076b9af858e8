import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type Certificate, publicKeyOf } from './certificate.ts';
import { PkiError } from './error.ts';
import { encryptPbes2 } from './pbes2.ts';
import { formatPem, type PemBlock, parsePem } from './pem.ts';

const maxKeyFileBytes = 1_048_576;

const keyLabels: ReadonlySet<string> = new Set([
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'DSA PRIVATE KEY',
]);

/**
 * Parses a private key: PEM or DER; PKCS#8 (RFC 5958), encrypted PKCS#8, PKCS#1, SEC 1, and keys in the old
 * `Proc-Type: 4,ENCRYPTED` form.
 *
 * @param bytes a file's bytes; of several PEM blocks the first private key counts
 * @param password only for encrypted keys; ignored for others
 * @throws PkiError `wrong-password`, `password-needed`, `legacy-cipher`, `bad-key`
 */
export function parsePrivateKey(bytes: Uint8Array, password?: string): KeyObject {
  if (bytes.length > maxKeyFileBytes) throw new PkiError('bad-key', 'a file with a private key is too large');
  if (bytes[0] === 0x30) return parseDerKey(bytes, password);
  const block = parsePem(bytes).find(({ label }) => keyLabels.has(label));
  if (block === undefined) throw new PkiError('bad-key', 'there is no private key in the file');
  const encrypted =
    block.label === 'ENCRYPTED PRIVATE KEY' || block.headers.get('Proc-Type') === '4,ENCRYPTED';
  if (encrypted && password === undefined)
    throw new PkiError('password-needed', 'the private key is encrypted');
  return create(
    { key: formatBlock(block), format: 'pem', ...(encrypted && { passphrase: password }) },
    encrypted,
  );
}

/** Gives the block the one form that the primitive reads, whatever stood around it. */
function formatBlock({ label, bytes, headers }: PemBlock): string {
  const pem = formatPem(label, bytes);
  if (headers.size === 0) return pem;
  const fields = [...headers].map(([name, value]) => `${name}: ${value}\n`).join('');
  return pem.replace('-----\n', `-----\n${fields}\n`);
}

function parseDerKey(bytes: Uint8Array, password: string | undefined): KeyObject {
  const key = Buffer.from(bytes);
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({
        key,
        format: 'der',
        type,
        ...(password !== undefined && { passphrase: password }),
      });
    } catch (cause) {
      const code = codeOf(cause);
      if (code !== 'bad-key') throw new PkiError(code, messages[code], { cause });
    }
  }
  throw new PkiError('bad-key', messages['bad-key']);
}

function create(input: Parameters<typeof createPrivateKey>[0], encrypted: boolean): KeyObject {
  try {
    return createPrivateKey(input);
  } catch (cause) {
    const code = codeOf(cause);
    // A wrong password can leave padding that looks right, and rubbish behind it.
    const told = encrypted && code === 'bad-key' ? 'wrong-password' : code;
    throw new PkiError(told, messages[told], { cause });
  }
}

const messages = {
  'bad-key': 'the private key cannot be read',
  'wrong-password': 'the password does not open the private key',
  'password-needed': 'the private key is encrypted',
  'legacy-cipher': 'the private key is encrypted with a cipher that this program does not have',
} as const;

/** By the codes of the primitive. */
const codes: Readonly<Record<string, keyof typeof messages>> = {
  ERR_MISSING_PASSPHRASE: 'password-needed',
  ERR_OSSL_BAD_DECRYPT: 'wrong-password',
  ERR_OSSL_EVP_BAD_DECRYPT: 'wrong-password',
  ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: 'password-needed',
  ERR_OSSL_PEM_BAD_PASSWORD_READ: 'password-needed',
  ERR_OSSL_EVP_UNSUPPORTED: 'legacy-cipher',
  ERR_OSSL_UNSUPPORTED: 'bad-key',
};

function codeOf(cause: unknown): keyof typeof messages {
  const { code } = cause as { code?: string };
  return codes[code ?? ''] ?? 'bad-key';
}

/** Tells whether a private key belongs to the public key of a certificate. */
export function keyMatchesCertificate(key: KeyObject, certificate: Certificate): boolean {
  if (key.type !== 'private') return false;
  const [own, certified] = [createPublicKey(key), publicKeyOf(certificate)];
  // Compared with a key of another kind, the primitive leaves an error behind that the next call falls over.
  return own.asymmetricKeyType === certified.asymmetricKeyType && own.equals(certified);
}

/**
 * Encrypts a private key under a password: PKCS#8 with PBES2, PBKDF2 and AES-256 (RFC 5958, RFC 8018).
 *
 * @returns PEM
 */
export function encryptPrivateKey(key: KeyObject, password: string): string {
  return formatPem('ENCRYPTED PRIVATE KEY', encryptPbes2(exportPrivateKey(key), password));
}

/** Gives a private key as unencrypted PKCS#8 in DER. */
export function exportPrivateKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
}
