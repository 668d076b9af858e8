import { createHash } from 'node:crypto';
import { hasNoParameters, makeAlgorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { derSequence, readAsn1, readSequence } from './der.ts';
import type { SigningKey } from './issuer-signature.ts';
import { oids } from './oid.ts';

/**
 * Tells whether a certificate has a DSA key whose parameters are left out because they are its issuer's,
 * RFC 3279 §2.3.2.
 */
export function inheritsParameters({ publicKeyAlgorithm }: Certificate): boolean {
  return publicKeyAlgorithm.oid === oids.dsa && hasNoParameters(publicKeyAlgorithm);
}

/** What is said of a key whose parameters stand nowhere. */
export const noParametersToInherit = 'a DSA key has no parameters, and its issuer has none to inherit';

/** The keys of one path as they work there, those with inherited parameters made whole. */
export class WorkingKeys {
  readonly #inherited: ReadonlyMap<Certificate, SigningKey | undefined>;
  /** The first certificate that nothing is inherited to. */
  readonly incomplete: Certificate | undefined;

  /** @param down the path, its anchor first */
  constructor(down: readonly Certificate[]) {
    this.#inherited = down.some(inheritsParameters) ? inheritAlong(down) : new Map();
    this.incomplete = [...this.#inherited].find(([, key]) => key === undefined)?.[0];
  }

  /** Gives the key of a certificate as it works on the path; of one that is not on the path, its own. */
  of(certificate: Certificate): SigningKey {
    return this.#inherited.get(certificate) ?? certificate;
  }
}

/** RFC 5280 §6.1.4 (d) to (f): working_public_key_parameters; an anchor has only those of its own. */
function inheritAlong(down: readonly Certificate[]): ReadonlyMap<Certificate, SigningKey | undefined> {
  const keys = new Map<Certificate, SigningKey | undefined>();
  let working: Uint8Array | undefined;
  for (const certificate of down) {
    if (inheritsParameters(certificate)) keys.set(certificate, working && wholeKey(certificate, working));
    else {
      const { oid, parameters } = certificate.publicKeyAlgorithm;
      working = oid === oids.dsa ? parameters : undefined;
    }
  }
  return keys;
}

/** The same certificate may inherit other parameters on another path, so what names the key names them as well. */
function wholeKey({ spki, sha256 }: Certificate, parameters: Uint8Array): SigningKey {
  const bits = readSequence(readAsn1(spki, { strict: true }))[1]!.raw;
  return {
    spki: derSequence(makeAlgorithm(oids.dsa, parameters).raw, bits),
    sha256: sha256 + createHash('sha256').update(parameters).digest('hex'),
  };
}
