import { argumentKinds } from './argument-kinds.ts';
import { commandWords, refusedWords, wordOf } from './command-words.ts';
import { references } from './references.ts';
import { listModels, siteModels } from './wanted-tasks.ts';

/** A shipped task model, for the reference. */
export interface ShippedModel {
  /** `MODEL.VERSION`. */
  readonly name: string;
  /** In English. */
  readonly title: string;
}

const head = `# Tasks

A task is done again and again at times of its own. The daemon (role \`tasks\`) looks once a minute, makes the tasks that
parameters ask for, and runs each that is due, on one node each. \`ssympa task list\` shows them; \`ssympa task run MODEL\`
runs one now, beside its schedule, with \`--at TIME\` as if it were that time: what it does is done all the same.

## Models

The model \`MODEL\` in the version \`VERSION\` is the file \`MODEL.VERSION.task\`, looked for in the folder \`tasks\` of the list,
of its domain (\`etc/DOMAIN/tasks\`), of the site (\`etc/tasks\`), then among the shipped ones; the first one found is used.
It is read again at each run, so that a change counts from the next one on. The parameter \`MODEL_task\` gives the version;
\`none\`, like a parameter without value, stands for no such task. A task of the site is made once, a task of a list once an
open list. It is due at once; one that stopped is not begun anew until its version changes. A task goes with its list
when that is closed. \`crl_update\` is there only where something fetches revocation lists.
`;

const runs = `
## Runs

A run starts at the top, or at the label that the last one named, carries out one command after the other, and ends at
\`next\` or \`stop\`, or behind the last line, which stops the task. What a variable holds stays for the next run. A run that
was missed, however often, is done once, and counts from then on; one that is late by less than an hour counts from when
it was due, so that a daily task keeps its hour. A run that is cut short by the end of the process is done again from its
start; of the mails of \`send_msg\` only those are asked for again that were not, so that one run never sends somebody the
same mail twice, however often it is begun.

A run that fails is tried again a day later from the same label, or an hour later where the reason may pass; the
listmasters are told at first and then once a day with \`error-in-task-listmaster\`. Other tasks go on, four at a time. A
run that is not over within an hour is told to end, given up 15 seconds later, and counts as failed (\`run-too-long\`); what
it did stays done, and it is tried again an hour later. A daemon that stops waits for commands under way as long.
`;

const grammar = `
## Lines

| line | meaning |
| --- | --- |
| empty, \`# …\` | nothing |
| \`title TEXT\`, \`title.LANG TEXT\`, \`title.gettext TEXT\` | title for everybody, in a language, to be translated |
| \`/LABEL\` | a place where a run may start |
| \`COMMAND (argument, …)\` | a command, in whatever case; a comma parts arguments everywhere, blanks in them do not count |
| \`@variable = COMMAND (…)\` | the variable takes the addresses that the command gives |

A model is checked as a whole before anything of it is done: an unknown command, a wrong number of arguments, one that is
not of its kind, a label that is not there, a variable without value, each is an error with file, line and column, and the
task fails. A file has at most 65,536 characters and 2,000 lines.

## References

They stand in arguments.

| reference | value |
| --- | --- |
`;

const certificates = `
## Certificates that end

\`chk_cert_expiration\` looks at the certificates of persons that are in use. Who has one that ends before the time given is
told once, and once more when it has ended (\`daily-cert-expiration\`, which models may also call \`daily_cert_expiration\` or
\`certif_warning\`); nobody is told of a certificate for which others in use stand in. One that has ended is retired: it has
the status \`expired\`, goes out of the folder of user certificates, and stays in the store.

Owners and listmasters are told 60, 30, 14, 7, 3 and 1 days before the certificate ends that an open list gives out or signs
with, and once it has ended (\`list-cert-expiration\`); listmasters likewise for the addresses that take commands. Old keys
stay, since they open old mail.
`;

/**
 * Writes the reference page of tasks from the tables.
 *
 * @returns Markdown
 */
export function tasksReference(shipped: readonly ShippedModel[]): string {
  const ofSite = Object.keys(siteModels).map((model) => `\`${model}\``);
  const ofLists = Object.keys(listModels).map((model) => `\`${model}\``);
  return [
    head,
    `Models of the site: ${ofSite.join(', ')}.`,
    '',
    `Models of lists: ${ofLists.join(', ')}; the last has no parameter and runs every \`ttl\` seconds on lists with data`,
    'sources.',
    '',
    table(
      ['shipped', 'what it is'],
      shipped.map(({ name, title }) => [`\`${name}\``, title]),
    ),
    runs,
    `${grammar}${rows(Object.entries(references).map(([name, { meaning }]) => [`\`[${name}]\``, meaning]))}`,
    '',
    '## Commands',
    '',
    table(
      ['command', 'what it does'],
      (Object.keys(commandWords) as (keyof typeof commandWords)[]).map((name) => {
        const { arguments: kinds, repeats, gives, onList, meaning } = wordOf(name);
        const left = gives ? '@variable = ' : '';
        const form = `\`${left}${name} (${kinds.join(', ')}${repeats ? ', …' : ''})\``;
        return [form, `${meaning}${onList ? ' Of lists only.' : ''}`];
      }),
    ),
    '',
    ...Object.entries(refusedWords).map(([name, why]) => `A model with \`${name}\` is refused: ${why}.`),
    '',
    table(
      ['argument', 'form'],
      Object.entries(argumentKinds).map(([name, { meaning }]) => [name, meaning]),
    ),
    certificates,
  ].join('\n');
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string {
  return `${rows([header, header.map(() => '---')])}\n${rows(body)}`;
}

function rows(body: readonly (readonly string[])[]): string {
  return body.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
