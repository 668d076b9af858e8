import {
  type CommandScript,
  maxCommands,
  moderationOf,
  scriptOfBody,
  scriptOfSubject,
} from '../../src/commands/command-script.ts';
import { parseCommand } from '../../src/commands/parse-command.ts';
import { MessageError } from '../../src/message/error.ts';
import { acceptedLanguage } from '../../src/message/language.ts';
import { readReceivedMessage } from '../../src/message/received-message.ts';
import { MimeError } from '../../src/mime/error.ts';
import { subjectOf, textOf } from '../../src/pipeline/readable-text.ts';
import { formatCall, understoodCall } from '../../src/requests/call.ts';
import { openMessage } from '../../src/smime/open-message.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { alice, ca, identities, list, nowMs } from '../identity.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators, mimeMutators } from '../text-mutators.ts';

const to = 'sympa@lists.example.org';
const from = 'Alice <alice@example.org>';
const fields = { from, to, subject: '', messageId: '<fuzz@example.org>' };
const surroundings = { list: 'team@lists.example.org' };

const words = [
  'SUBSCRIBE team Alice\r\n',
  'QUIET signoff *\r\n',
  'AUTH 0123456789abcdef SET team nomail\r\n',
  'CONFIRM 0123456789abcdef\r\n',
  'ADD team "a b"@example.org\r\n',
  'MOVE <new@example.org>\r\n',
  'GET team 2026-11 7\r\n',
  '-- \r\n',
  '> ',
  'Subject: Re: which\r\n',
  'Subject: [moderate team@lists.example.org 0123456789abcdef] x\r\n',
  'Content-Type: text/plain; format=flowed\r\n',
  'Accept-Language: fr;q=0.5, *\r\n',
  '=?utf-8?q?which?=',
];

/** Whole messages to the address that takes commands: what is read of them, and that it is within its limits. */
export const commandsTarget: FuzzTarget = {
  name: 'commands',
  errors: [MimeError, MessageError],
  maxInputBytes: 32_768,
  mutators: [...lineMutators, ...mimeMutators, ...byteMutators, wordMutator(words), wordMutator(words)],
  seeds: () => {
    const text = textEntity(
      'QUIET subscribe team Alice\n# note\n\n> quoted\nwhich\nget team 2026-11\n-- \nx\n',
    );
    return [
      plainMessage(fields, 'which\nlists\n'),
      plainMessage({ ...fields, subject: 'Re: AUTH 0123456789abcdef DEL team bob@example.org' }, ''),
      plainMessage({ ...fields, subject: words[10]!.slice(9).trim() }, 'distribute\n'),
      message(fields, text),
      message(fields, signed(text, alice, { atMs: nowMs })),
      message(fields, encrypted(signed(text, alice, { atMs: nowMs }), list.certificate)),
    ];
  },
  run: (input) => {
    const received = readReceivedMessage({
      id: 'fuzz',
      recipient: to,
      envelopeSender: 'alice@example.org',
      raw: input,
      receivedAtMs: nowMs,
    });
    acceptedLanguage(received.entity.header);
    const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'present' } as const;
    const opened = openMessage(input, { identities, trust, atMs: nowMs });
    const post = { message: received, opened };
    const subject = subjectOf(post) ?? '';
    for (const around of [{}, surroundings]) {
      const bySubject = scriptOfSubject(subject, around);
      if (bySubject) demandSound(bySubject);
    }
    demandSound(scriptOfBody(textOf(post), moderationOf(subject)));
    demandSound(scriptOfBody(textOf(post), surroundings));
  },
};

function demandSound(script: CommandScript): void {
  demand(script.commands.length <= maxCommands, 'a message has no more commands than it may have');
  for (const { act } of script.commands) {
    if (act.kind !== 'request') continue;
    demand(
      !act.isCompleted || script.source !== 'body',
      'what the body leaves out is not proved by the body',
    );
    const call = understoodCall(act.call);
    if (call === undefined) continue;
    const command = formatCall(call);
    demand(/^[^\r\n\0]*$/.test(command), 'a command is one line');
    const again = parseCommand(command, surroundings);
    demand(
      again.status === 'command' && again.act.kind === 'request',
      'a command that is written out is one',
    );
  }
}
