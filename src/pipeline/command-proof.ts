import type { CommandScript } from '../commands/command-script.ts';
import { canonicalAddress, parseAddressList } from '../mime/address.ts';
import { MimeError } from '../mime/error.ts';
import type { ReportCode } from '../requests/report.ts';
import type { AuthenticationMethod } from '../scenario/vocabulary.ts';
import type { OpenedPost, PipelineParts } from './post.ts';
import { signatureNames } from './signature-names.ts';

/** What proves the sender of commands, or why a signed message is refused. */
export type CommandProof =
  | {
      readonly status: 'proved';
      readonly method: AuthenticationMethod;
      /** Names the signatures that were used, each of them; none where none counts. */
      readonly signatures: readonly string[];
    }
  | { readonly status: 'refused'; readonly code: ReportCode };

const bySender: CommandProof = { status: 'proved', method: 'smtp', signatures: [] };

/** A signature may be dated ahead of our clock by so much. */
const maxAheadMs = 10 * 60_000;

/**
 * Tells what proves the sender of commands. A signature proves what it covers: the body always; a Subject or the address
 * itself only by protected header fields that name this address (RFC 9788 §4.8.1). It must be of these days, and is used
 * once, so that a copy of a signed message carries nothing out. Of several signatures each is used: whoever copies the
 * message may leave out any of them.
 */
export function proofOf(
  post: OpenedPost,
  { source }: CommandScript,
  { clock, site }: Pick<PipelineParts, 'clock' | 'site'>,
): CommandProof {
  const { opened } = post;
  if (isSealedByAnother(post)) return { status: 'refused', code: 'sealed-by-another' };
  if (opened.authenticationMethod !== 'smime') return bySender;
  const addressed = protectedTo(post);
  if (source !== 'body' && addressed !== 'this-address') return bySender;
  // Signed for somebody else, and sent on to us by that one.
  if (addressed === 'another') return { status: 'refused', code: 'signed-for-another' };
  const signer = opened.signers[0]!;
  if (signer.signingTimeMs === undefined || signer.signedAttrs === undefined)
    return { status: 'refused', code: 'signing-time-missing' };
  const ageMs = clock.now() - signer.signingTimeMs;
  if (ageMs > site.conf.signed_command_age || ageMs < -maxAheadMs)
    return { status: 'refused', code: 'signing-time-off' };
  return { status: 'proved', method: 'smime', signatures: signatureNames(opened) };
}

/**
 * Somebody else's ciphertext, sent on under a name of one's own, would bring back in the report what it says. RFC 9788
 * §4.4 tells the protected From from the outer one.
 */
function isSealedByAnother({ opened }: OpenedPost): boolean {
  if (opened.decryption.status !== 'opened') return false;
  return opened.senderMatches === false || opened.headerProtection.fromDiffers;
}

function protectedTo({ opened, message }: OpenedPost): 'nobody' | 'this-address' | 'another' {
  const { mode, status, to } = opened.headerProtection;
  const isSigned = status === 'signed-only' || status === 'signed-and-encrypted';
  if (mode === 'none' || !isSigned || to === null) return 'nobody';
  return addressesOf(to).map(canonicalAddress).includes(message.recipient) ? 'this-address' : 'another';
}

/** A field of more addresses than are read names nobody. */
function addressesOf(field: string): readonly string[] {
  try {
    return parseAddressList(field).items.flatMap((item) =>
      'groupName' in item ? item.mailboxes.map(({ address }) => address) : [item.address],
    );
  } catch (error) {
    if (error instanceof MimeError) return [];
    throw error;
  }
}
