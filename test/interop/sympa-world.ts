import { type SympaList, type SympaWorld, sympaScenarios } from '../kit/sympa.ts';

const list: SympaList = {
  admin: { status: 'open', subject: 'Our team', custom_vars: [{ name: 'color', value: 'blue' }] },
  subscribers: ['subscriber@example.org', 'both@example.org'],
  owners: ['owner@example.org'],
  editors: ['editor@example.org', 'both@example.org'],
  total: 12,
};

/** Who asks. */
export const askers: Readonly<Record<string, string | undefined>> = {
  nobody: undefined,
  stranger: 'stranger@example.org',
  subscriber: 'subscriber@example.org',
  editor: 'editor@example.org',
  'subscriber and editor': 'both@example.org',
  owner: 'owner@example.org',
  listmaster: 'listmaster@example.org',
  'owner of a family': 'familyowner@example.org',
};

/** What the probes of the language are asked with. */
const probed = `From: Sub Scriber <subscriber@example.org>
To: team@lists.example.org
Subject: Hello World
X-Twice: one
X-Twice: two
X-Path: a/b
X-Folded: one
 two

first line
second line
`;

const head = 'From: subscriber@example.org\nTo: team@lists.example.org\nSubject: Hello World\n';

/** Messages that scenarios tell apart. */
const messages: Readonly<Record<string, string>> = {
  probed,
  plain: `${head}\nfirst line\nsecond line\n`,
  'text with its type': `${head}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nfirst line\n`,
  'multipart/mixed': `${head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\nContent-Type: image/png\nContent-Disposition: attachment; filename=a.png\nContent-Transfer-Encoding: base64\n\nAAAA\n--x--\n`,
  'multipart/alternative': `${head}MIME-Version: 1.0\nContent-Type: Multipart/Alternative; boundary=x\n\n--x\n\na\n--x\nContent-Type: text/html\n\n<p>a\n--x--\n`,
  'folded type': `${head}MIME-Version: 1.0\nContent-Type:\n multipart/mixed;\n boundary=x\n\n--x\n\na\n--x--\n`,
  attachment: `${head}MIME-Version: 1.0\nContent-Type: image/png\nContent-Disposition: attachment; filename=a.png\nContent-Transfer-Encoding: base64\n\nAAAA\n`,
  'blind copy': 'From: subscriber@example.org\nTo: other@example.org\nSubject: Hello\n\na\n',
  'no To at all': 'From: subscriber@example.org\nSubject: Hello\n\na\n',
  'list in Cc':
    'From: subscriber@example.org\nTo: other@example.org\nCc: The Team <Team@lists.example.org>\n\na\n',
  spam: `X-Spam-Status: Yes, score=9.1\n${head}\na\n`,
  'no spam': `X-Spam-Status: No, score=0.1\n${head}\na\n`,
  'spam by the last of two': `X-Spam-Status: No, score=0.1\nX-Spam-Status: yes\n${head}\na\n`,
  'spam by the first of two': `X-Spam-Status: yes\nX-Spam-Status: No, score=0.1\n${head}\na\n`,
  'high spam': `X-j-chkmail-Status: Spam Hi\n${head}\na\n`,
  'low spam': `X-J-Chkmail-Status: Spam Low\n${head}\na\n`,
  'sent by the editor': `X-Sender: editor@example.org\n${head}\na\n`,
  'last sent by the editor': `X-Sender: eve@example.org\nX-Sender: Edith <editor@example.org>\n${head}\na\n`,
  'first sent by the editor': `X-Sender: editor@example.org\nX-Sender: eve@example.org\n${head}\na\n`,
};

/** People that both sides know: of `team`, of `solo` that has no editors, and of `family`, whose subscribers own families. */
export function sympaWorld(folders: readonly string[] = [sympaScenarios()]): SympaWorld {
  return {
    domain: 'lists.example.org',
    folders,
    listmasters: ['listmaster@example.org'],
    blocklist: ['send', 'create_list'],
    conf: { title: 'Our lists' },
    users: { 'subscriber@example.org': { lang: 'fr' } },
    lists: {
      team: list,
      solo: { ...list, editors: [] },
      family: { ...list, subscribers: ['familyowner@example.org'] },
    },
    messages,
  };
}
