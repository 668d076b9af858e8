/** A value that a template may print. */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | { readonly [key: string]: TemplateValue };

/** What a service mail is made of. */
export interface ServiceMailInput {
  /** A row of `mailTemplates`. */
  readonly name: string;
  /** Language tag of the reader; falls back to its primary language, then to English. */
  readonly lang: string;
  /** Folders `mail/` in the order of the search: list, robot, site, defaults. `locales/` stands beside each. */
  readonly folders: readonly string[];
  /** Beside those of the template: `list` {name, address, request} or null, `domain`, `listmaster`. */
  readonly variables: Readonly<Record<string, TemplateValue>>;
  /** Mailbox or address. */
  readonly from: string;
  /** Addresses; several stand in one To field. */
  readonly to: readonly string[];
  readonly atMs: number;
  /** With angle brackets; made by random where it is not given. */
  readonly messageId?: string;
  readonly replyTo?: string;
  readonly inReplyTo?: string | null;
  readonly references?: string | null;
  /** More fields, for the list headers of a caller. */
  readonly moreFields?: readonly (readonly [string, string])[];
}

/** A service mail, ready to be sent. */
export interface RenderedMail {
  readonly subject: string;
  /** All fields, MIME fields included, in their order. */
  readonly fields: readonly (readonly [string, string])[];
  /** Text of the body, LF line ends. */
  readonly text: string;
  /** The message: CRLF line ends, 7-bit. */
  readonly raw: Uint8Array;
}

/** Renders a service mail. */
export async function renderMail(input: ServiceMailInput): Promise<RenderedMail> {
  throw new Error(`not yet: ${input.name}`);
}
