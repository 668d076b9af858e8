/** What shows a condition: texts that hold, that do not, and that are refused when they are read. */
export interface ConditionCases {
  readonly holds: readonly string[];
  readonly fails: readonly string[];
  readonly refused: readonly string[];
}

const tooFew = (name: string) => [`${name}()`, `${name}([sender])`];

/** Every condition of the language. The context stands in the test. */
export const conditionCases: Readonly<Record<string, ConditionCases>> = {
  true: { holds: ['true()', 'True( )'], fails: ['!true()'], refused: ['true([sender])', 'true', 'true('] },
  all: { holds: ['all()'], fails: ['!all()'], refused: ['all(x)', 'all)'] },
  is_listmaster: {
    holds: ["is_listmaster('max@example.org')", 'is_listmaster([previous_email])'],
    fails: ['is_listmaster([sender])', "is_listmaster('')", 'is_listmaster(nobody)'],
    refused: ['is_listmaster()', 'is_listmaster([sender],[email])', 'is_listmaster(/max/)'],
  },
  is_owner: {
    holds: ['is_owner([listname],[email])', "is_owner(team,'max@example.org')"],
    fails: ['is_owner([listname],[sender])', "is_owner(other,'olga@example.org')"],
    refused: tooFew('is_owner'),
  },
  is_editor: {
    holds: ["is_editor([listname],'edith@example.org')", 'is_editor([listname],[header->X-Sender])'],
    fails: ['is_editor([listname],[header->X-Sender][0])', "is_editor([listname],'max@example.org')"],
    refused: tooFew('is_editor'),
  },
  is_subscriber: {
    holds: [
      'is_subscriber([listname],[sender])',
      "is_subscriber('team@lists.example.org','bob@example.org')",
    ],
    fails: ['is_subscriber([listname],[email])', 'is_subscriber(nothing,[sender])'],
    refused: tooFew('is_subscriber'),
  },
  equal: {
    holds: ['equal([sender],BOB@example.org)', "equal('','')"],
    fails: ['equal([sender],[email])', "equal([sender],'')"],
    refused: [...tooFew('equal'), 'equal(a,b,c)', "equal('a,b)", 'equal(a b)', 'equal([sender],/bob/)'],
  },
  match: {
    holds: [
      'match([sender],/^BOB@/)',
      'match([header->X-Sender],/^edith/)',
      'match([header->To],/@[domain]/)',
    ],
    fails: ['match([sender],/^alice/)', 'match([sender],//)', 'match([header->X-None],/./)'],
    refused: [...tooFew('match'), 'match([sender],bob)', 'match([sender],/a(/)', 'match([sender],/(?=a)/)'],
  },
  less_than: {
    holds: ['less_than(9,10)', 'less_than(abc,abd)', 'less_than([list->total],100)'],
    fails: ['less_than(10,9)', 'less_than(9,9)', "less_than(9,'10x')"],
    refused: tooFew('less_than'),
  },
  older: {
    holds: ['older([subscriber->date],execution_date-3d)', 'older(2001y,2001y1m1d)'],
    fails: ['older(execution_date,2001y)', 'older([subscriber->none],execution_date)'],
    refused: [...tooFew('older'), 'older(tomorrow,execution_date)', 'older(2001y1x,execution_date)'],
  },
  newer: {
    holds: ['newer(execution_date,[current_date]-1sec)', 'newer([date],2001y)'],
    fails: ['newer(2001y,2001y)', 'newer([subscriber->none],2001y)'],
    refused: [...tooFew('newer'), 'newer([date],3d)'],
  },
  verify_netmask: {
    holds: ['verify_netmask(10.0.0.0/8)', "verify_netmask('10.1.0.0:255.255.0.0')", 'verify_netmask(any)'],
    fails: ['verify_netmask(11.0.0.0/8)', "verify_netmask('2001:db8::/32')"],
    refused: ['verify_netmask()', 'verify_netmask(10.0.0.300)', 'verify_netmask(10.0.0.0/33)'],
  },
  search: {
    holds: ['search(bad.txt)', "search('bad.txt',[sender])"],
    fails: ['search(good.sql)', 'search(bad.txt,[email])'],
    refused: ['search()', 'search([sender])', 'search(../bad.txt)', 'search(bad.pl)', 'search(a.txt,b,c)'],
  },
  message: { holds: [], fails: [], refused: tooFew('message') },
  is_encrypted: {
    holds: ['is_encrypted()'],
    fails: ['is_encrypted(aead)'],
    refused: ['is_encrypted(cbc)', 'is_encrypted(aead,aead)'],
  },
  is_signed: { holds: ['is_signed()'], fails: ['!is_signed()'], refused: ['is_signed(x)'] },
  is_signed_by_ca: {
    holds: ['is_signed_by_ca(/CN=Example CA/)'],
    fails: ['is_signed_by_ca(/CN=Other/)'],
    refused: ['is_signed_by_ca()', 'is_signed_by_ca(Example)'],
  },
  has_protected_header: {
    holds: ['has_protected_header(Subject)', 'has_protected_header(subject,/^hello/)'],
    fails: ['has_protected_header(From)', 'has_protected_header(Subject,/other/)'],
    refused: ['has_protected_header()', 'has_protected_header(Subject,hello)'],
  },
};

/** Every variable without a key, with its value in the context of the test. */
export const variableCases: Readonly<Record<string, string>> = {
  sender: 'bob@example.org',
  email: 'olga@example.org',
  current_email: 'max@example.org',
  previous_email: 'max@example.org',
  listname: 'team',
  domain: 'lists.example.org',
  host: 'lists.example.org',
  is_bcc: '0',
  msg_body: 'a body',
  msg_encrypted: 'smime',
  topic: 'news',
  topic_auto: 'auto',
  topic_sender: 'by sender',
  topic_editor: 'by editor',
  topic_needed: '1',
  current_date: '1768003200',
  execution_date: '1768003200',
  date: '1700000000',
  remote_host: 'client.example.net',
  remote_addr: '10.1.2.3',
};

/** Every variable with a key: one that has a value, and the value. */
export const spaceCases: Readonly<Record<string, readonly [key: string, value: string]>> = {
  list: ['address', 'team@lists.example.org'],
  conf: ['title', 'Lists'],
  custom_vars: ['color', 'blue'],
  family: ['name', 'of ours'],
  env: ['QUERY', 'a=b'],
  user: ['lang', 'fr'],
  user_attributes: ['affiliation', 'staff'],
  subscriber: ['date', '1600000000'],
  msg_header: ['Subject', 'Hello'],
  header: ['Subject', 'Hello'],
  msg_part: ['type', 'text/plain'],
  msg: ['spam_status', 'ham'],
};
