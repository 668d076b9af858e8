import { commonVariables, mailTemplates, type TemplateVariable } from './mail-templates.ts';

const head = `# Service mail

What the program itself writes to subscribers, senders, owners and listmasters. Each mail has a template in the folder
\`mail\` of the list, of its domain (\`etc/DOMAIN/mail\`), of the site (\`etc/mail\`), or shipped. In each folder
\`NAME.LANG.liquid\` is looked for in the language of the reader (\`fr-CA\`, then \`fr\`), then \`NAME.liquid\`, which serves
every language; last come the files \`NAME.en.liquid\`. A template that is faulty is passed over, and the log says where
its fault lies.

## A template

\`\`\`
Subject: Your message to {{ list.name }} was not distributed

{{ reason | text_of: "reasons" }}
\`\`\`

The first line is the Subject, then an empty line, then the text. The language is Liquid; a variable that does not
exist is an error, no file can be included, and time and memory are limited. No value can add a header field or a second
line to the Subject. The mail goes out as text, with \`Auto-Submitted\`, from the null sender, and never carries the
message that it speaks of: no Subject, sender or content of a post is ever a variable.

| filter | gives |
| --- | --- |
| \`day\` | the date of a time in ms: \`2026-01-31\` |
| \`moment\` | date and time: \`2026-01-31 12:00 UTC\` |
| \`text_of: "SECTION"\` | the text of a key, from \`locales/LANG.json\` beside the folder \`mail\`; sections: \`reasons\`, \`certificate_codes\` |

\`locales/LANG.json\` of the site or list adds or replaces texts, for the reasons of scenarios of one's own:
\`{"reasons": {"night": "Not at night."}}\`. A key without text gives that of the key \`default\`.

## Variables of every template
`;

/**
 * Writes the reference page of service mail from its tables.
 *
 * @returns Markdown
 */
export function templatesReference(): string {
  const sections = Object.entries(mailTemplates).map(([name, { to, meaning, autoSubmitted, variables }]) =>
    [
      `## ${name}\n`,
      `To: ${to}. ${meaning} \`Auto-Submitted: ${autoSubmitted}\`.\n`,
      Object.keys(variables).length === 0 ? 'No variables of its own.' : variableTable(variables),
    ].join('\n'),
  );
  return `${[head, variableTable(commonVariables), '', sections.join('\n\n')].join('\n')}\n`;
}

function variableTable(variables: Readonly<Record<string, TemplateVariable>>): string {
  const rows = Object.entries(variables).map(
    ([name, { meaning, optional }]) => `| \`${name}\` | ${meaning} | ${optional ? 'or null' : 'always'} |`,
  );
  return ['| variable | value | there |', '| --- | --- | --- |', ...rows].join('\n');
}
