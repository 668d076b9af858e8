/** An answer that may have to be looked up. */
export type Answer = boolean | Promise<boolean>;

/** A condition of a rule, ready to be asked. */
export type ConditionTest = (context: EvaluationContext) => Answer;

/** The value of a variable; `undefined` where there is none. */
export type VariableValue = string | readonly string[] | undefined;

/**
 * What a scenario may ask while it decides. Addresses come as the variables give them; whoever answers compares
 * canonical forms. A question that cannot be answered throws or rejects, and the decision is then a refusal.
 */
export interface EvaluationContext {
  /** Tells whether an address is subscribed; `list` is `name` or `name@domain`, an unknown list has no subscribers. */
  isSubscriber(list: string, address: string): Answer;
  /** Tells whether an address is an owner. Listmasters need not count: the language asks for them itself. */
  isOwner(list: string, address: string): Answer;
  /** Tells whether an address is an editor, or an owner where the list has no editors. */
  isEditor(list: string, address: string): Answer;
  isListmaster(address: string): Answer;
  /** Gives a variable by its path: `sender`, `list->subject`, `msg_header->from` (all values, raw bodies unfolded). */
  variable(path: string): VariableValue;
  /** Milliseconds since 1970, for dates that count from now. */
  readonly nowMs: number;
  /**
   * Asks a named filter of `search_filters/`.
   *
   * @param file a plain file name ending in `.txt`, `.sql` or `.ldap`
   * @param subject the second argument, where the rule gives one
   */
  search?(file: string, subject: string | undefined): Answer;
  /** Asks a condition of the site; `undefined` when there is none of that name. */
  customCondition?(name: string, values: readonly string[]): Answer | undefined;
  /** Takes the addresses out of a header body such as `Alice <alice@example.org>`; without it a value is one address. */
  parseAddresses?(text: string): readonly string[];
  /** What is known of the cryptography of the message, in mail. */
  readonly security?: MessageSecurity;
}

/** The cryptographic facts of a message that conditions may ask for. */
export interface MessageSecurity {
  /** The list opened an encrypted layer. */
  readonly encrypted: boolean;
  /** That layer had integrity of its own (AES-GCM). */
  readonly authenticatedEncryption: boolean;
  /** A valid signature by the sender covers the message. */
  readonly signed: boolean;
  /** Issuer names along the certification path of that signature, RFC 4514 form, issuer of the signer first. */
  readonly issuers: readonly string[];
  /** Gives the value of a header field that the signature or encryption covers (RFC 9788). */
  protectedHeader(name: string): string | undefined;
}
