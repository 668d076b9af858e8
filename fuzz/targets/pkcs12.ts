import { readAsn1 } from '../../src/pki/asn1.ts';
import {
  concatBytes,
  derExplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUtf8String,
} from '../../src/pki/der.ts';
import { PkiError } from '../../src/pki/error.ts';
import { oids } from '../../src/pki/oid.ts';
import { createPkcs12, openPkcs12 } from '../../src/pki/pkcs12.ts';
import { exportPrivateKey, parsePrivateKey } from '../../src/pki/private-key.ts';
import { byteMutators } from '../byte-mutators.ts';
import { derMutators } from '../der-mutators.ts';
import { alice, board, ca } from '../identity.ts';
import { corpusFiles } from '../seeds.ts';
import type { FuzzTarget } from '../target.ts';

const password = 'words';

/** A file without a MAC, so that a change of its bags gets as far as the bags. */
function withoutMac(file: Uint8Array): Uint8Array {
  const [version, content] = readAsn1(file).children;
  return derSequence(version!.raw, content!.raw);
}

function bag(id: string, value: Uint8Array): Uint8Array {
  const name = derSequence(derOid(oids.friendlyName), derSetOf(derUtf8String('a')));
  return derSequence(derOid(id), derExplicit(0, value), derSetOf(name));
}

function plainFile(): Uint8Array {
  const certificate = derSequence(
    derOid(oids.x509Certificate),
    derExplicit(0, derOctetString(alice.certificate.der)),
  );
  const bags = derSequence(
    bag(oids.certBag, certificate),
    bag(oids.keyBag, exportPrivateKey(alice.privateKey)),
    bag(oids.safeContentsBag, derSequence(bag(oids.certBag, certificate))),
  );
  const part = derSequence(derOid(oids.data), derExplicit(0, derOctetString(bags)));
  const safe = derOctetString(derSequence(part));
  return derSequence(derInteger(3), derSequence(derOid(oids.data), derExplicit(0, safe)));
}

/** The reader of PKCS#12 files, with a MAC and without. */
export const pkcs12Target: FuzzTarget = {
  name: 'pkcs12',
  errors: [PkiError],
  mutators: [...derMutators, ...derMutators, ...byteMutators],
  seeds: () => {
    const files = [alice, board].map(({ certificate, privateKey }) =>
      createPkcs12({
        key: privateKey,
        certificates: [certificate, ca.certificate],
        friendlyName: 'a',
        password,
      }),
    );
    return [
      plainFile(),
      ...files,
      ...files.map(withoutMac),
      ...corpusFiles(['x509-pkcs-vectors', 'openssl-cms', 'pkits'], /\.p12$/).slice(0, 30),
    ];
  },
  run: (input) => {
    openPkcs12(input, password, { legacy: true });
  },
};

/** The reader of private keys in all their forms. */
export const privateKeyTarget: FuzzTarget = {
  name: 'private-key',
  errors: [PkiError],
  mutators: [...derMutators, ...derMutators, ...byteMutators],
  seeds: () => [
    exportPrivateKey(alice.privateKey),
    exportPrivateKey(board.privateKey),
    concatBytes(Buffer.from(alice.privateKeyPem)),
    Buffer.from(alice.privateKey.export({ type: 'sec1', format: 'pem' })),
    ...[
      alice.privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: password }),
      board.privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'des-ede3-cbc', passphrase: password }),
    ],
    Buffer.from(
      board.privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: password }),
    ),
    ...corpusFiles(['x509-pkcs-vectors', 'rfc9216-keys', 'rfc4134-examples'], /\.(?:key|pem|pri|der)$/).slice(
      0,
      60,
    ),
  ],
  run: (input) => {
    parsePrivateKey(input, password);
  },
};
