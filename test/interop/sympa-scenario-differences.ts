/** A decision that differs from that of Sympa 6.2.70, and why. */
export interface ScenarioDifference {
  /** Scenario files, or probes, that it is seen in. */
  readonly of: readonly string[];
  /** What Sympa decides. */
  readonly sympa: string;
  readonly ours: string;
  readonly why: string;
}

/** Where one and the same file of Sympa is decided differently. */
export const sameFileDifferences: readonly ScenarioDifference[] = [
  {
    of: ['send.editordkim'],
    sympa: 'request_auth',
    ours: 'do_it',
    why: 'The method dkim is another name of smtp, as from Sympa 6.2.71 on; before, it was one of its own.',
  },
];

const closedToSmtp =
  'Our set refuses requests by smtp with a reason of its own; in that of Sympa no rule matches.';

function refusesSmtp(ours: string, ...of: readonly string[]): ScenarioDifference {
  return { of, sympa: 'reject(no-rule-match)', ours: `reject(${ours})`, why: closedToSmtp };
}

/** Where our set decides differently than the one of the same name that Sympa ships. */
export const ownFileDifferences: readonly ScenarioDifference[] = [
  refusesSmtp('web_archive_closed', 'archive_web_access.closed'),
  refusesSmtp('web_archive_listmaster', 'archive_web_access.listmaster'),
  refusesSmtp('web_archive_owner', 'archive_web_access.owner'),
  refusesSmtp('web_archive_subscriber', 'archive_web_access.private'),
  refusesSmtp('login_needed', 'archive_web_access.public', 'd_edit.public', 'd_read.public'),
  refusesSmtp('d_edit_owner', 'd_edit.owner'),
  refusesSmtp('d_edit_subscriber', 'd_edit.editor', 'd_edit.private'),
  refusesSmtp('d_edit_subscriber_https', 'd_edit.private-https'),
  refusesSmtp('d_read_owner', 'd_read.owner'),
  refusesSmtp('d_read_subscriber', 'd_read.private'),
  refusesSmtp('d_read_subscriber_https', 'd_read.private-https'),
  {
    of: ['d_edit.private-https'],
    sympa: 'reject(_edit_subscriber_https)',
    ours: 'reject(d_edit_subscriber_https)',
    why: 'The set of Sympa names a reason that has no text.',
  },
  {
    of: ['add.closed'],
    sympa: 'reject(tt2 add_closed)',
    ours: 'reject(add_closed)',
    why: 'The set of Sympa names a template that is not there; ours gives the reason.',
  },
  {
    of: ['send.public_nobcc'],
    sympa: 'reject',
    ours: 'reject(send_bcc)',
    why: 'Our set says why.',
  },
];

const notRead = 'reject(not-compiled)';
const wholeFileRefused =
  'A line that cannot be read refuses everything, and scenario check says where it is.';
const notLinear = 'Patterns that cannot be matched in linear time are an error with its place.';

/** Where a line of the language means something else. */
export const probeDifferences: readonly ScenarioDifference[] = [
  {
    of: ['is_subscriber([ listname ],[sender])'],
    sympa: notRead,
    ours: 'do_it',
    why: 'Blanks in brackets do no harm.',
  },
  {
    of: ["!equal([conf->no_such_parameter],'x')"],
    sympa: 'do_it',
    ours: 'reject(no-rule-match)',
    why: 'A condition on a parameter that is not there never holds, negated or not: a misspelt name opens nothing.',
  },
  {
    of: ["less_than('9','10x')"],
    sympa: 'do_it',
    ours: 'reject(no-rule-match)',
    why: 'Numbers are compared as such only where both are numbers; Sympa looks at the first alone.',
  },
  {
    of: ['match([msg_header->X-Folded],/^one two$/)'],
    sympa: 'reject(no-rule-match)',
    ours: 'do_it',
    why: 'Header fields are unfolded before they are matched: where a line was broken decides nothing.',
  },
  { of: ['match([sender],/(?=sub)/)'], sympa: 'do_it', ours: notRead, why: notLinear },
  { of: ['match([sender],/(s)\\1/)'], sympa: 'reject(no-rule-match)', ours: notRead, why: notLinear },
  {
    of: ['older([current_date]-3d,execution_date-2d)'],
    sympa: notRead,
    ours: 'do_it',
    why: 'The manual of Sympa writes it so; its parser lacks it.',
  },
  {
    of: ["older('tomorrow',execution_date)"],
    sympa: 'do_it',
    ours: notRead,
    why: 'Sympa takes what is no date for now.',
  },
  {
    of: ["verify_netmask('10.1.0.0:255.255.0.0')"],
    sympa: 'reject(error-performing-condition)',
    ours: 'do_it',
    why: 'The old form with a mask works; the library that Sympa hands it to no longer knows it.',
  },
  {
    of: ["verify_netmask('10.1.2.300')"],
    sympa: 'reject(error-performing-condition)',
    ours: notRead,
    why: 'What is no network is found when the file is read.',
  },
  {
    of: ['true() dkim -> do_it'],
    sympa: 'reject(no-rule-match)',
    ours: 'do_it',
    why: 'The method dkim is another name of smtp, as from Sympa 6.2.71 on; before, it was one of its own.',
  },
  {
    of: ['true() smtp md5 smime -> do_it'],
    sympa: 'reject(no-rule-match)',
    ours: 'do_it',
    why: 'Blanks separate methods; Sympa joins the words to one that never matches.',
  },
  { of: ['true() SMTP -> do_it'], sympa: 'reject(no-rule-match)', ours: notRead, why: wholeFileRefused },
  {
    of: ['true() smpt -> do_it'],
    sympa: 'do_it',
    ours: notRead,
    why: 'A misspelt method is an error; Sympa takes the rule for one without methods, which holds for smtp.',
  },
  {
    of: ['true() smpt -> do_it', 'hello world'],
    sympa: 'reject(no-rule-match)',
    ours: notRead,
    why: wholeFileRefused,
  },
  {
    of: ['true() smtp,md5,smime -> listmaster'],
    sympa: 'listmaster',
    ours: notRead,
    why: 'An action that the function cannot carry out is an error of the file.',
  },
  {
    of: ['true() smtp,md5,smime -> owner'],
    sympa: 'owner',
    ours: notRead,
    why: 'An action that the function cannot carry out is an error of the file.',
  },
  {
    of: [
      'true() smtp,md5,smime -> dance',
      'is_subscriber([listname],[sender]) smtp -> do_is_editor([listname],[sender]) smtp -> do_it',
    ],
    sympa: 'reject(unknown-action)',
    ours: notRead,
    why: wholeFileRefused,
  },
  {
    of: ['is_subscriber([listname],[sender]) smtp -> do_is_editor([listname],[sender]) smtp -> do_it'],
    sympa: 'reject(no-rule-match)',
    ours: notRead,
    why: wholeFileRefused,
  },
  {
    of: ["equal('a#b','a#b') smtp -> do_it"],
    sympa: 'reject(no-rule-match)',
    ours: 'do_it',
    why: 'A # inside of quotes is text.',
  },
];
