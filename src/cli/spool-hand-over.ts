import { mailFrame } from '../delivery/mail-frame.ts';
import { attachedPost, protectMail, splitMessage, wrappedPost } from '../delivery/own-mail.ts';
import { type SealCipher, sealClassOf } from '../delivery/seal-class.ts';
import { SsympaError } from '../errors.ts';
import type { List } from '../lists/list.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { OpenedMessage } from '../smime/open-message.ts';
import type { OpenedContent } from '../smime/opened.ts';
import { sealEntity } from '../smime/seal-entity.ts';
import type { StoredMessage } from '../store/messages.ts';
import { renderMail } from '../templates/render-mail.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import { UserCertificates } from '../trust/user-certificates.ts';
import type { CliIo } from './io.ts';
import { siteOpener } from './site-opener.ts';
import type { OpenSite } from './site-options.ts';
import type { SpoolEntry } from './spool-entries.ts';

/** What a post is sealed for, and how. */
interface Reader {
  readonly address: string;
  readonly certificate: Certificate;
  readonly capabilities: readonly string[] | null;
}

/**
 * Makes a mail with a post that waits, sealed for one reader, for the operator to hand on. What came encrypted is opened
 * in memory with the list's key; nothing of it is in clear in what comes out.
 *
 * @returns the mail
 */
export async function handOver(
  io: CliIo,
  open: OpenSite,
  entry: SpoolEntry,
  address: string,
): Promise<readonly Uint8Array[]> {
  if (entry.kind !== 'moderation' && entry.kind !== 'auth')
    io.fail('answer-is-no', `${entry.id} is no post that waits for somebody's word`);
  const message = await open.store.messages.find(entry.id);
  if (!message) return io.fail('answer-is-no', `${entry.id} is a request; there is no post to be sealed`);
  const list = await open.lists.get(message.list);
  const reader = await readerOf(io, open, list, address);
  const opened = await openHeld(io, open, message, list);
  const cipher = cipherFor(reader, opened);
  if (!cipher)
    return io.fail('answer-is-no', `${address} announced CBC alone, and the post came with AES-GCM`);
  const raw = await coverLetter(io, open, message, list, address);
  const { head, payload } = sealedParts(raw, message, opened);
  return sealFor(io, reader, { head, payload, cipher });
}

async function readerOf(io: CliIo, { site, store }: OpenSite, list: List, address: string): Promise<Reader> {
  const certificates = new UserCertificates(io.clock, new SiteTrust(site, silentLog));
  const choice = (await certificates.chooseForEncryption(store, [address], list)).get(address)!;
  if (choice.status === 'none')
    io.fail('answer-is-no', `nothing can be sealed for ${address}: ${choice.reason}`, {
      hint: `bring one: ssympa certificate import ${address} FILE`,
    });
  return { address, certificate: choice.certificate, capabilities: choice.capabilities };
}

async function openHeld(
  io: CliIo,
  { site }: OpenSite,
  message: StoredMessage,
  list: List,
): Promise<OpenedMessage> {
  const { opened } = await siteOpener(io, site).open(message.raw, list);
  const { status } = opened.decryption;
  if (status !== 'none' && !opened.payload)
    io.fail('answer-is-no', `${message.id} does not open with the keys of ${list.address}`);
  return opened;
}

/** AES-256-GCM, unless what the reader announced says otherwise; what came authenticated is never weakened. */
function cipherFor({ capabilities }: Reader, { decryption }: OpenedMessage): SealCipher | undefined {
  const best = sealClassOf(capabilities, { inbound: 'aead', allCbc: false });
  if (best.status === 'seal') return best.cipher;
  return decryption.status === 'opened' && decryption.aead ? undefined : 'aes-256-cbc';
}

/** The text that goes with the post, sealed with it. */
async function coverLetter(
  io: CliIo,
  { site, store }: OpenSite,
  { id, state }: StoredMessage,
  list: List,
  address: string,
): Promise<Uint8Array> {
  const frame = mailFrame(site, list.robot, list);
  const lang = (await store.persons.find(address))?.lang ?? list.config.lang;
  const { raw } = await renderMail({
    name: 'post-handed',
    lang,
    folders: frame.folders,
    variables: {
      ...frame.variables,
      id: state === 'moderation' ? id : null,
      commands: frame.commands,
    },
    from: frame.from,
    replyTo: frame.commands,
    to: [address],
    atMs: io.clock.now(),
  });
  return raw;
}

interface SealedParts {
  readonly head: Uint8Array;
  readonly payload: OpenedContent | Uint8Array;
}

function sealedParts(own: Uint8Array, { raw }: StoredMessage, { payload }: OpenedMessage): SealedParts {
  if (payload) return { head: protectMail(own).head, payload: wrappedPost(own, raw, payload, asItIs) };
  return protectMail(own, 'cipher', attachedPost(splitMessage(own).text, raw));
}

/** The operator hands it on, so the list signs nothing. */
function asItIs(entity: Uint8Array): Uint8Array {
  return entity;
}

function sealFor(
  io: CliIo,
  { address, certificate }: Reader,
  { head, payload, cipher }: SealedParts & { readonly cipher: SealCipher },
): readonly Uint8Array[] {
  const sealer = sealEntity(payload, cipher);
  try {
    const body = sealer.copyFor(certificate);
    return [head, Buffer.from(`MIME-Version: 1.0\r\n${sealer.fields}\r\n`), body.head, body.tail];
  } catch (error) {
    if (!(error instanceof SsympaError) || error.code !== 'cannot-encrypt-to') throw error;
    return io.fail('answer-is-no', `nothing can be sealed for ${address}: ${error.message}`);
  }
}
