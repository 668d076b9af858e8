import { siteKeyDirectory } from '../trust/site-key.ts';
import { hold, reject } from './disposition.ts';
import { type OpenedPost, type PipelineParts, type Post, proceed, type StepResult, settled } from './post.ts';

/**
 * Decrypts and verifies a post in memory, and refuses what nobody could read or what could have been changed.
 * All failures of decryption give one and the same answer (RFC 3218 §2.3).
 */
export async function openPost(post: Post, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  // A transparent list opens nothing: what is encrypted passes as it came, to whom it names.
  const isTransparent = post.list?.config.smime_mode === 'transparent';
  const { raw } = post.message;
  const opening = isTransparent
    ? await parts.opener.verify(raw, post.list)
    : await parts.opener.open(raw, post.list);
  const opened: OpenedPost = { ...post, ...opening };
  if (isTransparent) return proceed(opened);
  switch (opened.opened.decryption.status) {
    case 'none':
      return proceed(opened);
    case 'key-unavailable':
      return settled(hold('key-unavailable'));
    case 'failed':
    case 'not-for-us':
      return settled(reject('not-readable'));
    case 'opened':
      return isAcceptable(opened) ? proceed(opened) : settled(reject('not-readable'));
  }
}

/**
 * Opens mail to the people behind a list: what is encrypted to somebody else's key passes as it came, since it stays
 * closed on the way.
 */
export async function openForForward(post: Post, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  const opening = await parts.opener.open(post.message.raw, post.list);
  const opened: OpenedPost = { ...post, ...opening };
  const { status } = opened.opened.decryption;
  if (status === 'key-unavailable') return settled(hold('key-unavailable'));
  if (status === 'failed') return settled(reject('not-readable'));
  if (status === 'opened' && !isAcceptable(opened)) return settled(reject('not-readable'));
  return proceed(opened);
}

/** Opens commands: those to the site with its own key, those to an address of a list with the key of the list. */
export async function openForCommand(post: Post, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  const holder = post.list ?? { directory: siteKeyDirectory(post.robot), robot: post.robot };
  const opening = await parts.opener.open(post.message.raw, holder);
  const opened: OpenedPost = { ...post, ...opening };
  const { status } = opened.opened.decryption;
  if (status === 'key-unavailable') return settled(hold('key-unavailable'));
  // Nobody can carry out what cannot be read; every cause is answered alike.
  if (status === 'failed' || status === 'not-for-us') return settled(reject('not-readable'));
  if (status === 'opened' && !isAcceptable(opened)) return settled(reject('not-readable'));
  return proceed(opened);
}

/** Opens what is recorded only, for the certificates that it may bring; nothing is refused here. */
export async function openForRecord(post: Post, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  return proceed({ ...post, ...(await parts.opener.open(post.message.raw, post.list)) });
}

/** Applies the list's `unsigned_encrypted`: CBC content can be changed on the way, a signature inside tells. */
function isAcceptable(post: OpenedPost): boolean {
  if (hasValidInnerSignature(post)) return true;
  const rule = post.list?.config.unsigned_encrypted ?? 'aead';
  return rule === 'accept' || (rule === 'aead' && post.opened.decryption.aead);
}

function hasValidInnerSignature({ opened }: OpenedPost): boolean {
  const innermostEnvelope = opened.layers.findLastIndex(
    (layer) => layer.type === 'enveloped' || layer.type === 'auth-enveloped',
  );
  return opened.layers
    .slice(innermostEnvelope + 1)
    .some(
      (layer) =>
        layer.type === 'signed' &&
        layer.signers.length > 0 &&
        layer.signers.every((one) => one.status === 'valid'),
    );
}
