import { sha256Hex } from '../secrets.ts';
import type { OpenedMessage } from '../smime/open-message.ts';

/**
 * Names every signature of a message by its key and what it covers: a second certificate of the same key, or another
 * wrapping, makes it no other signature.
 */
export function signatureNames({ signers }: OpenedMessage): readonly string[] {
  const names = signers.flatMap(({ certificate, signedAttrs }) =>
    certificate && signedAttrs
      ? [sha256Hex(`${sha256Hex(certificate.spki)} ${Buffer.from(signedAttrs).toString('hex')}`)]
      : [],
  );
  return [...new Set(names)];
}
