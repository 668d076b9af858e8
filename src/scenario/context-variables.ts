import type { EvaluationContext, VariableValue } from './context.ts';

/** A look-up by key, for the variables `[space->key]`. */
export type KeyedValues = ((key: string) => VariableValue) | Readonly<Record<string, VariableValue>>;

/** The parts of a message that variables speak of. Everything is asked for only when a rule does. */
export interface MessageVariables {
  /** Unfolded bodies of all fields of that lower-case name, in their order. */
  headerValues(name: string): readonly string[];
  /** Body, where the top type is text. */
  textBody(): string | undefined;
  /** First-level parts; `body` for text parts only. */
  parts(): readonly { readonly type: string; readonly body: string | undefined }[];
  /** Facts that an earlier step found, as `spam_status`. */
  attribute(name: string): VariableValue;
  readonly encrypted: boolean;
}

/** What a caller knows when it asks for a decision. */
export interface ContextValues {
  readonly nowMs: number;
  readonly domain: string;
  readonly listname?: string;
  /** Canonical address; `nobody` where it is not known. */
  readonly sender?: string;
  /** The address that the request is about. */
  readonly email?: string;
  /** Old address, when a person moves. */
  readonly currentEmail?: string;
  readonly remoteHost?: string;
  readonly remoteAddr?: string;
  readonly message?: MessageVariables;
  readonly list?: KeyedValues;
  readonly conf?: KeyedValues;
  readonly custom_vars?: KeyedValues;
  readonly family?: KeyedValues;
  readonly env?: KeyedValues;
  readonly user?: KeyedValues;
  readonly user_attributes?: KeyedValues;
  readonly subscriber?: KeyedValues;
  /** Everything else, by the name of the variable. */
  readonly more?: Readonly<Record<string, VariableValue>>;
}

type Space = 'list' | 'conf' | 'custom_vars' | 'family' | 'env' | 'user' | 'user_attributes' | 'subscriber';

const words: Readonly<Record<string, (values: ContextValues) => VariableValue>> = {
  sender: ({ sender }) => sender ?? 'nobody',
  email: ({ email, sender }) => email ?? sender ?? 'nobody',
  current_email: ({ currentEmail }) => currentEmail,
  previous_email: ({ currentEmail }) => currentEmail,
  listname: ({ listname }) => listname,
  domain: ({ domain }) => domain,
  host: ({ domain }) => domain,
  remote_host: ({ remoteHost }) => remoteHost ?? 'unknown_host',
  remote_addr: ({ remoteAddr }) => remoteAddr,
  current_date: ({ nowMs }) => String(Math.floor(nowMs / 1000)),
  execution_date: ({ nowMs }) => String(Math.floor(nowMs / 1000)),
  msg_body: ({ message }) => message?.textBody(),
  msg_encrypted: ({ message }) => (message?.encrypted ? 'smime' : ''),
  is_bcc: isBcc,
};

/** Makes the `variable` function of an `EvaluationContext` from what is known, with the defaults of the language. */
export function contextVariables(values: ContextValues): EvaluationContext['variable'] {
  return (path) => {
    const arrow = path.indexOf('->');
    if (arrow !== -1) return keyed(values, path.slice(0, arrow), path.slice(arrow + 2));
    const word = Object.hasOwn(words, path) ? words[path] : undefined;
    return word ? word(values) : own(values.more, path);
  };
}

function keyed(values: ContextValues, space: string, key: string): VariableValue {
  const { message } = values;
  if (space === 'msg_header' || space === 'header') return message?.headerValues(key.toLowerCase());
  if (space === 'msg') return message?.attribute(key);
  if (space === 'msg_part') {
    const parts = message
      ?.parts()
      .map((part) => (key === 'type' ? part.type : key === 'body' ? part.body : undefined));
    return parts?.filter((part) => part !== undefined);
  }
  if (space === 'list' && key === 'name') return values.listname;
  if (space === 'list' && key === 'address' && values.listname !== undefined)
    return `${values.listname}@${values.domain}`;
  const known = values[space as Space];
  return typeof known === 'function' ? known(key) : own(known, key);
}

function own(record: Readonly<Record<string, VariableValue>> | undefined, key: string): VariableValue {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** As in Sympa, it is the name of the list that is looked for, anywhere in To and Cc. */
function isBcc({ message, listname }: ContextValues): VariableValue {
  if (!message || listname === undefined) return '';
  const named = [...message.headerValues('to'), ...message.headerValues('cc')];
  return named.some((value) => value.toLowerCase().includes(listname.toLowerCase())) ? '0' : '1';
}
