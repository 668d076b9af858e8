import { type OperationName, operations } from '../requests/operations.ts';
import { maxCommands } from './command-script.ts';
import { commandForm } from './help.ts';
import { commandOperations, meanings, type OwnCommand, ownCommands } from './words.ts';

/** Who may, and what proves it, where the request itself knows and no scenario is asked. */
interface Rule {
  readonly may: string;
  /** None where it is left out. */
  readonly proof?: string;
}

const editors: Rule = { may: 'editors, listmasters', proof: 'the key; with a signature the identifier' };
const rules: Readonly<Partial<Record<OperationName, Rule>>> = {
  'confirm-certificate': { may: 'whoever the certificate is of' },
  lists: { may: 'everybody; each list by its scenario `visibility`' },
  which: { may: 'everybody, about themselves' },
  set: { may: 'the subscriber' },
  'set-all': { may: 'the subscriber' },
  'signoff-all': {
    may: 'the subscriber; each list by its scenario `unsubscribe`',
    proof: 'as the scenarios say',
  },
  verify: { may: 'everybody' },
  modindex: { may: 'editors, listmasters' },
  distribute: editors,
  reject: { ...editors, may: `${editors.may}; of a request that waits for an owner: owners, listmasters` },
};

const head = `# Commands by mail

How to send them: [commands by mail](../how-to/commands-by-mail.md). How editors answer: [moderate by
mail](../how-to/moderate-by-mail.md). What proves the sender: [authentication](../explanation/authentication.md).

| address | takes |
| --- | --- |
| \`sympa@DOMAIN\` (parameter \`email\`) | commands, in the Subject or in the text |
| \`LIST-request@DOMAIN\` | mail to the owners; of commands \`SUBSCRIBE\`, \`SIGNOFF\`, \`AUTH\`, \`CONFIRM\` and \`HELP\` in the Subject, and a text of whole commands about this list alone; \`LIST\` may be left out |
| \`LIST-subscribe@DOMAIN\` | \`SUBSCRIBE LIST\`, whatever the message says |
| \`LIST-unsubscribe@DOMAIN\` | \`SIGNOFF LIST\`, whatever the message says |
| \`LIST-editor@DOMAIN\` | mail to the editors, no commands |
| \`LIST-owner@DOMAIN\` | bounces, no commands |

A Subject that is a command is the only one; else the plain text is read, one command a line. Case does not count. Empty lines,
lines that begin with \`#\` and quoted lines (\`>\`) are skipped. A line \`--\`, a command that ends, or a line that is no
command ends the reading; of a message at most ${maxCommands} commands are carried out. HTML is never read.

\`QUIET\` before a command: it is answered only when it was not carried out. \`LIST\` is the name of a list of the domain
that was written to, or its address. What stands in brackets may be left out.
`;

const afterTable = `
A *scenario* is a function of the [authorization language](scenarios.md); the parameter of the list, or of the domain, of the
same name says which of its scenarios decides. *Proof*: a sender whom nothing but From names is sent a key first. Whatever a
scenario says: one that asks for a confirmation (\`request_auth\`) sends a key, and one that asks for an owner (\`owner\`) sends the
owners one.

## Commands that are no requests
`;

/**
 * Writes the reference page of commands by mail from the tables.
 *
 * @param explanations what each command does, in English: section \`commands\` of the locales, which \`HELP\` shows, too
 * @returns Markdown
 */
export function mailCommandsReference(explanations: Readonly<Record<string, string>>): string {
  const requests = commandOperations.map((name) => [
    `\`${commandForm(name)}\``,
    shortForms(name),
    explanationOf(name, explanations),
    whoMay(name),
    proofOf(name),
  ]);
  const others = (Object.keys(ownCommands) as OwnCommand[]).map((name) => [
    `\`${ownCommands[name]}\``,
    shortForms(name),
    explanationOf(name, explanations),
  ]);
  return [
    head,
    table(['command', 'other words', 'what it does', 'who may', 'proof'], requests),
    afterTable,
    table(['command', 'other words', 'what it does'], others),
    '',
  ].join('\n');
}

function whoMay(name: OperationName): string {
  const { governedBy } = operations[name];
  return governedBy === null ? ruleOf(name).may : `scenario \`${governedBy}\``;
}

function proofOf(name: OperationName): string {
  const { governedBy, needsProof } = operations[name];
  if (needsProof) return 'a signature or a key';
  return governedBy === null ? (ruleOf(name).proof ?? 'none') : 'as the scenario says';
}

function ruleOf(name: OperationName): Rule {
  const rule = rules[name];
  if (!rule) throw new Error(`it is not written down who may ${name}`);
  return rule;
}

function shortForms(name: OperationName | OwnCommand): string {
  const found = meanings.find(([, meaning]) =>
    meaning.kind === 'request' ? meaning.name === name : meaning.kind === name,
  );
  const [, ...others] = found?.[0].split(' ') ?? [];
  return others.map((word) => `\`${word.toUpperCase()}\``).join(', ');
}

function explanationOf(name: string, explanations: Readonly<Record<string, string>>): string {
  const text = explanations[name];
  if (!text) throw new Error(`nothing says what the command ${name} does`);
  return text;
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
