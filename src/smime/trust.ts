import type { Certificate } from '../pki/certificate.ts';
import type { CertificateList } from '../pki/crl.ts';

/** What signatures are judged by. */
export interface Trust {
  /** Each is an anchor, self-signed or not; without any, nobody is trusted. */
  readonly trustAnchors: readonly Certificate[];
  /** Candidates for the way to an anchor, and for the signer where a message brings no certificate. */
  readonly untrusted: readonly Certificate[];
  readonly crls: readonly CertificateList[];
  readonly crlCheck: 'off' | 'present' | 'require';
}
