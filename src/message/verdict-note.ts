import type { OpenedMessage } from '../smime/open-message.ts';

/** What is written down of an opened message: kinds, algorithms, verdicts and signers; nothing of its content. */
export interface VerdictNote {
  readonly kind: OpenedMessage['kind'];
  readonly decryption: string;
  readonly contentEncryption: string | null;
  readonly signature: string;
  readonly code: string | null;
  readonly authenticationMethod: OpenedMessage['authenticationMethod'];
  readonly signers: readonly { readonly sha256: string | null; readonly status: string }[];
}

/** Reduces an opened message to what may be stored of it. */
export function noteOfVerdict(opened: OpenedMessage): VerdictNote {
  return {
    kind: opened.kind,
    decryption: opened.decryption.status,
    contentEncryption: opened.decryption.contentEncryption,
    signature: opened.signature.status,
    code: opened.signature.code,
    authenticationMethod: opened.authenticationMethod,
    signers: opened.signers.map((signer) => ({
      sha256: signer.certificate?.sha256 ?? null,
      status: signer.status,
    })),
  };
}

/** Tells from what {@link noteOfVerdict} gave, as it is stored, whether a message came encrypted. */
export function cameEncrypted(storedNote: string | null): boolean {
  return storedNote !== null && (JSON.parse(storedNote) as VerdictNote).decryption !== 'none';
}
