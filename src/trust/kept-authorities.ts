import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import type { Authorities } from '../store/authorities.ts';

/** Where the authorities of valid paths are kept. */
export interface AuthorityStore {
  readonly authorities: Pick<Authorities, 'list' | 'version'>;
}

/** The authorities between people and anchors, parsed, and read anew when one came. */
export class KeptAuthorities {
  #version: string | undefined;
  #certificates: readonly Certificate[] = [];

  /** Gives them all; the same array as long as none came or went. */
  async of({ authorities }: AuthorityStore): Promise<readonly Certificate[]> {
    const version = await authorities.version();
    if (version !== this.#version) {
      this.#certificates = (await authorities.list()).map(({ der }) => parseCertificate(der));
      this.#version = version;
    }
    return this.#certificates;
  }
}
