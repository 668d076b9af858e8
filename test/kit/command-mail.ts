import { decodeEncodedWords } from '../../src/mime/encoded-word.ts';
import { decodedText, parseEntity } from '../../src/mime/entity.ts';
import { findField } from '../../src/mime/header.ts';
import { message, plainMessage } from './mail.ts';
import type { TestSite } from './site.ts';

/** A mail as a person reads it. */
export interface ReadMail {
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly replyTo: string;
  readonly data: Uint8Array;
  /** Envelope sender. */
  readonly sender: string;
}

/** The address that takes commands at test sites. */
export const commandAddress = 'sympa@lists.example.org';

/** Correspondence with a test site, as a person and the person's mail program have it. */
export class Correspondence {
  readonly #site: TestSite;

  constructor(site: TestSite) {
    this.#site = site;
  }

  /** Sends a plain message and waits for all that follows; gives what came out. */
  async write(
    from: string,
    text: string,
    options: { readonly to?: string; readonly subject?: string; readonly more?: readonly string[] } = {},
  ): Promise<readonly ReadMail[]> {
    const { to = commandAddress, subject = '', more = [] } = options;
    return this.send(plainMessage({ from, to, subject, more }, `${text.trimEnd()}\n`), from, to);
  }

  /** Sends an entity behind a header. */
  async writeEntity(
    from: string,
    entity: Uint8Array,
    options: { readonly to?: string; readonly subject?: string; readonly more?: readonly string[] } = {},
  ): Promise<readonly ReadMail[]> {
    const { to = commandAddress, subject = '', more = [] } = options;
    return this.send(message({ from, to, subject, more }, entity), from, to);
  }

  /** Sends bytes as they are. */
  async send(raw: Uint8Array, from: string, to: string): Promise<readonly ReadMail[]> {
    const before = this.#site.sink.messages.length;
    const reply = await this.#site.post(raw, { from, to });
    if (reply.status !== 'sent') throw new Error(`not taken: ${reply.code} ${reply.enhanced} ${reply.text}`);
    await this.#site.settled();
    await this.#site.idle();
    return this.#site.sink.messages.slice(before).map(readMail);
  }

  /** Answers a mail as a person does: to its Reply-To, its Subject behind "Re:", its text quoted. */
  async answer(mail: ReadMail, from: string, text = ''): Promise<readonly ReadMail[]> {
    const to = mail.replyTo === '' ? mail.from : mail.replyTo;
    const quoted = mail.text.replaceAll(/^/gm, '> ');
    return this.write(from, `${text}\n\n${mail.from} wrote:\n${quoted}\n`, {
      to,
      subject: `Re: ${mail.subject}`,
    });
  }
}

/** Reads what the sink took. */
export function readMail(sunk: {
  readonly data: Uint8Array;
  readonly recipients: readonly string[];
  readonly sender: string;
}): ReadMail {
  const entity = parseEntity(sunk.data);
  const field = (name: string) => findField(entity.header, name)?.body ?? '';
  const inside = entity.contentType.type === 'multipart/signed' ? entity.children[0]! : entity;
  const text = inside.contentType.type === 'multipart/mixed' ? inside.children[0]! : inside;
  return {
    to: sunk.recipients,
    from: field('from'),
    subject: decodeEncodedWords(field('subject')),
    replyTo: field('reply-to'),
    text: text.contentType.type.startsWith('text/') ? decodedText(text).replaceAll('\r\n', '\n') : '',
    data: sunk.data,
    sender: sunk.sender,
  };
}

/** Gives the mail to somebody, and fails when there is not just one. */
export function mailTo(mails: readonly ReadMail[], address: string): ReadMail {
  const found = mails.filter(({ to }) => to.includes(address));
  if (found.length !== 1)
    throw new Error(
      `${found.length} mails to ${address}: ${found.map(({ subject }) => subject).join(' | ')}`,
    );
  return found[0]!;
}
