import type { ZodType } from 'zod';
import { inheritedNames, listSchema, retiredListParameters } from './list-parameters.ts';
import { infoOf, type ParameterInfo, type ParameterShape } from './parameter.ts';
import { retiredSiteParameters, siteSchema } from './site-parameters.ts';

interface Row {
  readonly name: string;
  readonly info: ParameterInfo;
}

/**
 * Writes the reference page of `sympa.conf` and `robot.conf` from their schema.
 *
 * @returns Markdown
 */
export function siteReference(): string {
  const rows = rowsOf(siteSchema.shape);
  return page([
    '# Parameters of sympa.conf and robot.conf',
    'One parameter a line: its name, then blanks, then its value to the end of the line. A line that starts with `#` is a comment. A parameter that is shown as `PARAGRAPH.NAME` may be written just so, or as a paragraph: the name of the paragraph alone on a line, its parameters on the lines below, a blank line at the end. A parameter stands once. An unknown one is an error.',
    'A relative path starts at the folder of `sympa.conf`. A size is a number of bytes, or one with `K`, `M` or `G`. A duration is made of numbers with `y`, `m` (months), `w`, `d`, `h`, `min` and `sec`: `1d12h`. Lists have commas between their values.',
    '`etc/DOMAIN/robot.conf` makes `DOMAIN` a mail domain of the site. It has the same form; what it does not set has the value of `sympa.conf`. It may not set what is marked *site*.',
    effectNote(rows),
    ...groupsOf(rows, (row) => (row.info.siteOnly ? 'site' : '')),
    ...retiredSection(retiredSiteParameters),
  ]);
}

/**
 * Writes the reference page of a list's `config` from its schema.
 *
 * @returns Markdown
 */
export function listReference(): string {
  const rows = rowsOf(listSchema.shape);
  const inherited = new Set(inheritedNames);
  return page([
    '# Parameters of a list',
    'The file `config` in the folder of a list holds parameters and paragraphs, with blank lines between. A parameter is one line: its name, then blanks, then its value. A paragraph is a name alone on a line and its parameters on the lines below, up to a blank line. A line that starts with `#` is a comment. The file is read again when it changes.',
    'A parameter marked *site* has, where the list does not set it, the value that the domain or the site gives under the same name ([parameters of sympa.conf](parameters.md)). One marked *repeats* may stand several times.',
    effectNote(rows),
    ...groupsOf(rows, ({ name, info }) => {
      const marks = [inherited.has(name.split('.')[0]!) ? 'site' : '', info.repeats ? 'repeats' : ''];
      return marks.filter((mark) => mark !== '').join(', ');
    }),
    ...retiredSection(retiredListParameters),
  ]);
}

function effectNote(rows: readonly Row[]): string {
  const single = rows.filter(({ info }) => !info.members);
  const idle = single.filter(({ info }) => info.effect).length;
  return `Of the ${single.length} parameters below, ${idle} are marked **no effect yet**: they are Sympa's, a file with them loads and their values are checked, and nothing of this version looks at them. \`ssympa doctor\` names those that are set.`;
}

function retiredSection(names: readonly string[]): readonly string[] {
  return [
    '## Accepted and ignored',
    'Sympa itself gave these up. A file with them loads, and nothing comes of them:',
    `${names.map((name) => `\`${name}\``).join(', ')}.`,
  ];
}

function rowsOf(shape: ParameterShape): readonly Row[] {
  return Object.entries(shape).flatMap(([name, schema]: [string, ZodType]) => {
    const info = infoOf(schema);
    const members = Object.entries(info.members ?? {});
    return [
      { name, info },
      ...members.map(([member, one]) => ({ name: `${name}.${member}`, info: infoOf(one) })),
    ];
  });
}

/** One section a group: first what has an effect, then the rest. */
function groupsOf(rows: readonly Row[], marksOf: (row: Row) => string): readonly string[] {
  const groups = [...Map.groupBy(rows, ({ info }) => info.group)];
  return groups.flatMap(([group, members]) => {
    const sorted = [
      ...members.filter(({ info }) => !info.effect),
      ...members.filter(({ info }) => info.effect),
    ];
    const lines = sorted.map((row) => `| ${cellsOf(row, marksOf(row)).join(' | ')} |`);
    return [
      `## ${group}`,
      ['| parameter | default | value | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n'),
    ];
  });
}

function cellsOf({ name, info }: Row, marks: string): readonly string[] {
  const shownName = `\`${name}\`${marks === '' ? '' : ` *${marks}*`}`;
  const others = (info.aliases ?? []).map((alias) => `\`${alias}\``).join(', ');
  const meaning = [
    info.description,
    others === '' ? '' : `Also: ${others}.`,
    info.effect && !info.members ? '**No effect yet.**' : '',
  ];
  const value = info.members
    ? 'a paragraph'
    : info.unit === undefined
      ? info.form
      : `${info.form}, in ${info.unit}`;
  return [shownName, defaultOf(info), value, meaning.filter((part) => part !== '').join(' ')].map(escapeCell);
}

function defaultOf(info: ParameterInfo): string {
  if (info.isRequired) return '*must be set*';
  return info.default === undefined || info.default === '' ? '' : `\`${info.default}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function page(blocks: readonly string[]): string {
  return `<!-- Made by scripts/docs.ts from src/config; change the schema, not this page. -->\n\n${blocks.join('\n\n')}\n`;
}
