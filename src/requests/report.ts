import type { Certificate } from '../pki/certificate.ts';
import type { TemplateValue } from '../templates/mail-templates.ts';

/** What came of a request; the texts for people stand under `reports` in `locales/`. */
export const reportCodes = {
  subscribed: { meaning: 'The address is subscribed now.' },
  'already-subscribed': { meaning: 'The address was subscribed before; nothing changed.' },
  'signed-off': { meaning: 'The address is no longer subscribed.' },
  'signed-off-all': { meaning: 'The address is no longer subscribed to any of the lists named.' },
  'not-subscribed': { meaning: 'The address is not subscribed.' },
  added: { meaning: 'The address was subscribed by somebody else.' },
  deleted: { meaning: 'The subscription was ended by somebody else.' },
  invited: { meaning: 'The invitation is on its way.' },
  'options-set': { meaning: 'The options of the subscription are as asked.' },
  moved: { meaning: 'The subscriptions go to the new address now.' },
  reminded: { meaning: 'Each subscriber gets a reminder.' },
  answer: { meaning: 'The answer follows.' },
  help: { meaning: 'The commands follow.' },
  'certificate-given': { meaning: 'The certificate to encrypt to the list goes with the answer.' },
  'no-certificate': {
    meaning: 'The list has no certificate that can be used, so it takes no encrypted mail.',
  },
  'certificate-confirmed': { meaning: 'The certificate of the person is used from now on.' },
  'certificate-not-pending': { meaning: 'No certificate of the person waits that the words name.' },
  'nothing-to-show': { meaning: 'There is nothing to show.' },
  'posts-sent': { meaning: 'The posts asked for are on their way, each in a message of its own.' },
  'post-distributed': { meaning: 'The post is let go to the subscribers.' },
  'post-rejected': { meaning: 'The post is refused.' },
  'post-confirmed': { meaning: 'The post is confirmed, and goes its way.' },
  'list-created': { meaning: 'The list is there.' },
  'list-pending': { meaning: 'The list is there, and waits for a listmaster to open it.' },
  'list-closed': { meaning: 'The list is closed.' },
  'list-opened': { meaning: 'The list is open.' },
  erased: { meaning: 'What was kept of a person is erased.' },
  'nothing-kept': { meaning: 'Nothing is kept of the person.' },
  'list-moved': { meaning: 'The list has another name.' },
  declined: { meaning: 'The request of somebody else is refused; nobody is told.' },
  verified: { meaning: 'What the signature of the message is worth.' },
  'confirmation-asked': {
    meaning: 'Where a confirmation is needed, a key is on its way to the address concerned.',
  },
  'owners-asked': { meaning: 'The owners of the list were asked.' },

  'bad-arguments': { meaning: 'The command lacks something, or has something that it does not take.' },
  'unknown-command': { meaning: 'The line is no command.' },
  'too-many-commands': { meaning: 'The message has more commands than one message may have.' },
  'no-command': { meaning: 'The message has no command.' },
  'no-such-list': { meaning: 'There is no such list.' },
  'list-not-open': { meaning: 'The list is closed, or not open yet.' },
  'list-unusable': { meaning: 'The configuration of the list is faulty.' },
  'list-full': { meaning: 'The list has as many subscribers as it may have.' },
  'no-archive': { meaning: 'The list keeps no archive.' },
  'scenario-rejects': { meaning: 'The authorization scenario refuses it; the reason is a text of its own.' },
  'key-unknown': { meaning: 'The key is unknown, its time is over, or it is for something else.' },
  'key-used': { meaning: 'The key was used before.' },
  'already-decided': { meaning: 'Somebody else decided before.' },
  'not-editor': { meaning: 'Only an editor of the list may do that.' },
  'not-owner': { meaning: 'Only an owner of the list may do that.' },
  'not-privileged-owner': { meaning: 'Only a privileged owner of the list, or a listmaster, may do that.' },
  'not-listmaster': { meaning: 'Only a listmaster may do that.' },
  'confirmation-again': {
    meaning: 'The scenario asks for a confirmation of what was confirmed; nothing is done.',
  },
  'too-many-requests': { meaning: 'Too many requests of this kind came lately; nothing is done.' },
  'signature-replayed': { meaning: 'The signature of the message was used for commands before.' },
  'signing-time-missing': { meaning: 'The signature does not say when it was made.' },
  'signing-time-off': { meaning: 'The signature is too old, or of the future.' },
  'sealed-by-another': {
    meaning: 'What came encrypted was signed, or addressed from, by another than the sender of the message.',
  },
  'sent-before': { meaning: 'The same encrypted content came before.' },
  'signed-for-another': { meaning: 'The protected To does not name the address that the message came to.' },
  'bad-option': { meaning: 'There is no such option, or the list does not offer it.' },
  'bad-list': { meaning: 'A list of that name cannot be made.' },
  'list-exists': { meaning: 'There is a list of that name.' },
} as const;

export type ReportCode = keyof typeof reportCodes;

/** What a request came to, for whoever asked. */
export interface RequestReport {
  readonly status: 'done' | 'waiting' | 'refused';
  readonly code: ReportCode;
  /** Values for the text of the code. */
  readonly values?: Readonly<Record<string, TemplateValue>>;
  /** With `scenario-rejects`: the key of the reason, a text under `reasons`. */
  readonly reason?: string;
  /** Lines of an answer, shown as they are. */
  readonly answer?: readonly string[];
  /** Certificates that the answer brings; the report carries them in a part of their own. */
  readonly certificates?: readonly Certificate[];
  /** The scenario wants that whoever asked is told nothing. */
  readonly isQuiet?: true;
}

type More = Omit<RequestReport, 'status' | 'code'>;

/** Says that a request was carried out. */
export function done(code: ReportCode, more: More = {}): RequestReport {
  return { status: 'done', code, ...more };
}

/** Says that a request waits for somebody. */
export function waiting(code: ReportCode, more: More = {}): RequestReport {
  return { status: 'waiting', code, ...more };
}

/** Says that nothing was done. */
export function refused(code: ReportCode, more: More = {}): RequestReport {
  return { status: 'refused', code, ...more };
}
