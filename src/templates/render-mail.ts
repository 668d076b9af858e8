import { join } from 'node:path';
import { formatMailbox, parseAddress, parseAddressList } from '../mime/address.ts';
import { composeEntity } from '../mime/compose.ts';
import { formatDate } from '../mime/date.ts';
import { encodeQuotedPrintable } from '../mime/transfer-encoding.ts';
import { randomToken } from '../secrets.ts';
import { type Catalogue, loadCatalogue } from './catalogue.ts';
import { TemplateError } from './error.ts';
import { findTemplates, type TemplateFile } from './find-template.ts';
import { commonVariables, type MailTemplate, mailTemplates, type TemplateValue } from './mail-templates.ts';
import { type RenderedText, renderText } from './render-text.ts';

/** What a service mail is made of. */
export interface ServiceMailInput {
  /** A row of `mailTemplates`. */
  readonly name: string;
  /** Language tag of the reader; falls back to its primary language, then to English. */
  readonly lang: string;
  /** Folders `mail/` in the order of the search: list, robot, site, defaults. `locales/` stands beside each. */
  readonly folders: readonly string[];
  /** Those of the template, and the common ones; `list` is {name, address, request} or null. Others are not harmful. */
  readonly variables: Readonly<Record<string, TemplateValue>>;
  /** Mailbox or address. */
  readonly from: string;
  /** Addresses; several stand in one To field. */
  readonly to: readonly string[];
  readonly atMs: number;
  /** With angle brackets; made by random where it is not given. */
  readonly messageId?: string;
  /** Mailbox or address. */
  readonly replyTo?: string;
  /** Message-ID of the message that is answered, as received: what is no identifier is left out. */
  readonly inReplyTo?: string | null;
  readonly references?: string | null;
  /** More fields, as the list headers of a caller. */
  readonly moreFields?: readonly (readonly [string, string])[];
}

/** A service mail, ready to be sent; the null envelope sender is for the caller to use (RFC 3834 §3.3). */
export interface RenderedMail {
  readonly subject: string;
  /** All fields, MIME fields included, in their order. */
  readonly fields: readonly (readonly [string, string])[];
  /** Text of the body, LF line ends. */
  readonly text: string;
  /** The message: CRLF line ends, body of 7 bits. */
  readonly raw: Uint8Array;
  /** Files nearer than those used that could not be; to be logged, so that somebody mends them. */
  readonly faults: readonly TemplateError[];
}

/** Longest line that goes out as it is. RFC 5322 §2.1.1. */
const maxLineLength = 998;

/** Identifiers kept of the References of a message that is answered. */
const maxReferences = 20;

/**
 * Renders a service mail with the nearest template that works. It never carries the message that it speaks of.
 *
 * @throws TemplateError `template-unknown`, `template-missing`, `template-faulty`, `template-too-slow`,
 *   `variable-missing`, `field-unsafe`
 */
export async function renderMail(input: ServiceMailInput): Promise<RenderedMail> {
  return (await prepareMail(input.name, input.lang, input.folders)).render(input);
}

/** What a service mail is made from, read already: rendering waits for nothing, so that it fits into a transaction. */
export interface PreparedMail {
  readonly catalogue: Catalogue;
  /** @throws TemplateError as `renderMail` does */
  render(input: Omit<ServiceMailInput, 'name' | 'lang' | 'folders'>): RenderedMail;
}

/**
 * Reads the templates and texts of a service mail. A file of the site that cannot be used is passed over, and is among the
 * faults of what is rendered: a slip of the pen stops no mail.
 *
 * @throws TemplateError `template-unknown`, `template-missing`
 */
export async function prepareMail(
  name: string,
  lang: string,
  folders: readonly string[],
): Promise<PreparedMail> {
  const template = Object.hasOwn(mailTemplates, name) ? mailTemplates[name] : undefined;
  if (!template) throw new TemplateError('template-unknown', `there is no service mail ${name}`);
  const locales = folders.map((folder) => join(folder, '..', 'locales'));
  const faults: TemplateError[] = [];
  const note = (fault: TemplateError) => void faults.push(fault);
  const catalogue = await loadCatalogue(locales, lang, note);
  const files = await findTemplates(name, lang, folders, note);
  return {
    catalogue,
    render: (input) => {
      const whole = { ...input, name, lang, folders };
      const variables = completeVariables(whole, template);
      const nearest = renderNearest(files, variables, catalogue);
      return composeMail(whole, template, { ...nearest, faults: [...faults, ...nearest.faults] });
    },
  };
}

/** A text, and the templates nearer than the one used that could not be. */
interface NearestText {
  readonly rendered: RenderedText;
  readonly faults: readonly TemplateError[];
}

function composeMail(
  input: ServiceMailInput,
  template: MailTemplate,
  { rendered, faults }: NearestText,
): RenderedMail {
  const ascii = isPlainAscii(rendered.text);
  const crlf = new TextEncoder().encode(rendered.text.replaceAll('\n', '\r\n'));
  const fields: readonly (readonly [string, string])[] = [
    ...addressFields(input),
    ['Subject', rendered.subject],
    ['Date', formatDate(input.atMs)],
    ['Message-ID', input.messageId ?? newMessageId(input.from)],
    ...threadFields(input),
    // RFC 3834 §5
    ['Auto-Submitted', template.autoSubmitted],
    ...(input.moreFields ?? []),
    ['MIME-Version', '1.0'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Transfer-Encoding', ascii ? '7bit' : 'quoted-printable'],
  ];
  for (const field of fields) refuseUnsafe(field);
  const raw = composeEntity({
    fields: fields.map(([name, body]): [string, string] => [name, body]),
    body: ascii ? crlf : encodeQuotedPrintable(crlf),
  });
  return { subject: rendered.subject, fields, text: rendered.text, raw, faults };
}

function renderNearest(
  files: readonly TemplateFile[],
  variables: Readonly<Record<string, TemplateValue>>,
  catalogue: Catalogue,
): NearestText {
  const faults: TemplateError[] = [];
  for (const file of files) {
    try {
      return { rendered: renderText(file, variables, catalogue), faults };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      faults.push(error);
    }
  }
  // What may work later is tried later, whatever is wrong with the others.
  throw faults.find(({ temporary }) => temporary) ?? faults[0]!;
}

function completeVariables(
  input: ServiceMailInput,
  template: MailTemplate,
): Readonly<Record<string, TemplateValue>> {
  const complete: Record<string, TemplateValue> = { ...input.variables, lang: input.lang };
  for (const [name, variable] of Object.entries({ ...commonVariables, ...template.variables })) {
    if (Object.hasOwn(complete, name) && complete[name] !== undefined) continue;
    if (!variable.optional)
      throw new TemplateError(
        'variable-missing',
        `the service mail ${input.name} needs the variable ${name}`,
      );
    complete[name] = null;
  }
  return complete;
}

function addressFields(input: ServiceMailInput): [string, string][] {
  const to = input.to.map((address) => {
    const parsed = parseAddress(address);
    if (parsed === undefined)
      throw new TemplateError('field-unsafe', 'a recipient of a service mail is no address');
    return parsed;
  });
  const reply: [string, string][] =
    input.replyTo === undefined ? [] : [['Reply-To', formatOne(input.replyTo)]];
  return [['From', formatOne(input.from)], ...reply, ['To', to.join(', ')]];
}

function formatOne(text: string): string {
  const [first, ...others] = parseAddressList(text).items;
  if (!first || others.length > 0 || 'groupName' in first || parseAddress(first.address) === undefined)
    throw new TemplateError('field-unsafe', 'the From or Reply-To of a service mail is not one mailbox');
  return formatMailbox(first);
}

/** RFC 5322 §3.6.4; what came from outside is kept only where it has the form of an identifier. */
function threadFields(input: ServiceMailInput): [string, string][] {
  const [answered] = identifiersOf(input.inReplyTo);
  if (answered === undefined) return [];
  const known = identifiersOf(input.references).filter((id) => id !== answered);
  const references = [...known.slice(-(maxReferences - 1)), answered];
  return [
    ['In-Reply-To', answered],
    ['References', references.join(' ')],
  ];
}

function identifiersOf(text: string | null | undefined): readonly string[] {
  return (text ?? '').slice(0, 65_536).match(/<[!-;=?-~]{1,250}>/g) ?? [];
}

function newMessageId(from: string): string {
  const [mailbox] = parseAddressList(from).items;
  const address = mailbox && 'address' in mailbox ? mailbox.address : '';
  return `<${randomToken(18)}@${address.slice(address.lastIndexOf('@') + 1)}>`;
}

function refuseUnsafe([name, body]: readonly [string, string]): void {
  if (!/^[!-9;-~]+$/.test(name) || /[\r\n\0]/.test(body))
    throw new TemplateError(
      'field-unsafe',
      `the field ${JSON.stringify(name)} of a service mail is not one line`,
    );
}

function isPlainAscii(text: string): boolean {
  return /^[\t\n -~]*$/.test(text) && text.split('\n').every((line) => line.length <= maxLineLength);
}
