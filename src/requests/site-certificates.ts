import type { Certificate } from '../pki/certificate.ts';
import { certificatesToGive } from '../trust/own-signer.ts';
import { siteKeyOwner } from '../trust/site-key.ts';
import type { RequestParts } from './operation.ts';
import type { Requester } from './requester.ts';

/** Gives the certificate of the address that takes commands, so that commands can be sent encrypted; none without a key. */
export async function siteCertificates(
  { robot }: Pick<Requester, 'robot'>,
  parts: Pick<RequestParts, 'keyring' | 'clock'>,
): Promise<readonly Certificate[]> {
  return certificatesToGive(siteKeyOwner(robot), parts);
}
