/**
 * Makes the generated pages of `docs/reference/` from the tables in the code: `npm run docs` writes them,
 * `node scripts/docs.ts --check` fails when a committed page is stale.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { CliIo } from '../src/cli/io.ts';
import { makeProgram } from '../src/cli/program.ts';
import { systemClock } from '../src/clock.ts';
import { mailCommandsReference } from '../src/commands/reference.ts';
import { listReference, siteReference } from '../src/config/reference.ts';
import { defaultsDir } from '../src/config/site.ts';
import { parseScenario } from '../src/scenario/parse.ts';
import { scenarioReference } from '../src/scenario/reference.ts';
import { titleOf } from '../src/scenario/title.ts';
import { type ShippedModel, tasksReference } from '../src/tasks/reference.ts';
import { parseTaskModel } from '../src/tasks/task-model.ts';
import { templatesReference } from '../src/templates/reference.ts';

const root = resolve(import.meta.dirname, '..');
const sourceFolder = join(root, 'src');
const referenceFolder = join(root, 'docs/reference');

/** The generated pages. */
const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'parameters.md': siteReference,
  'list-parameters.md': listReference,
  'errors.md': errorsReference,
  'commands.md': commandsReference,
  'mail-commands.md': mailCommandsPage,
  'scenarios.md': scenariosPage,
  'templates.md': templatesReference,
  'tasks.md': tasksPage,
};

const madeBy = (from: string) => `<!-- Made by scripts/docs.ts from ${from}; change that, not this page. -->`;

interface CodeRow {
  readonly meaning: string;
  readonly temporary?: boolean;
}

interface CodeTable {
  readonly name: string;
  readonly folder: string;
  readonly rows: Readonly<Record<string, CodeRow>>;
}

/** Writes the page of the authorization language; the shipped scenarios stand on it with their titles. */
function scenariosPage(): string {
  const folder = join(defaultsDir, 'scenari');
  const shipped = readdirSync(folder).map((file) => {
    const dot = file.indexOf('.');
    const source = { file, function: file.slice(0, dot), name: file.slice(dot + 1) };
    const scenario = parseScenario(readFileSync(join(folder, file), 'utf8'), source);
    return { function: source.function, name: source.name, title: titleOf(scenario, ['en']) };
  });
  return scenarioReference(shipped);
}

/** Writes the page of commands by mail, with the words of the English catalogue, which HELP shows, too. */
function mailCommandsPage(): string {
  const catalogue = JSON.parse(readFileSync(join(defaultsDir, 'locales/en.json'), 'utf8')) as {
    readonly commands: Readonly<Record<string, string>>;
  };
  return `${madeBy('src/commands')}\n\n${mailCommandsReference(catalogue.commands)}`;
}

/** Writes the page of tasks; the shipped models stand on it with their titles. */
function tasksPage(): string {
  const folder = join(defaultsDir, 'tasks');
  const values = { domain: 'd', creationDate: 0, list: { name: 'l', robot: 'd', ttl: 1 } };
  const shipped = readdirSync(folder)
    .toSorted()
    .map((file): ShippedModel => {
      const { titles } = parseTaskModel(readFileSync(join(folder, file), 'utf8'), file, values);
      return { name: file.slice(0, -'.task'.length), title: titles.get('gettext') ?? '' };
    });
  return tasksReference(shipped);
}

/** Writes every table of codes that the code exports under a name that ends in `Codes`. */
async function errorsReference(): Promise<string> {
  const tables = await codeTables();
  const owners = ownersOf(tables);
  const sections = tables.flatMap((table) => {
    const rows = Object.entries(table.rows).filter(([, row]) => owners.get(row) === table);
    if (rows.length === 0) return [];
    const lines = rows.map(([code, { meaning, temporary }]) => {
      const again = temporary === undefined ? '' : temporary ? 'yes' : 'no';
      return `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} | ${again} |`;
    });
    const head = ['| code | meaning | may pass with time |', '| --- | --- | --- |'];
    return [`## ${headingOf(table)}`, [...head, ...lines].join('\n')];
  });
  return `${[
    madeBy('the code tables in src'),
    '# Codes of errors and verdicts',
    'Errors, refusals and verdicts carry a code that stays the same from version to version: in the log, in JSON, in what `ssympa spool list` shows. *May pass with time* says whether the same act may succeed later: the peer is then answered 4xx, a job is tried again, a command ends with exit code 75 or 69. A verdict has no such column.',
    ...sections,
  ].join('\n\n')}\n`;
}

async function codeTables(): Promise<readonly CodeTable[]> {
  const tables: CodeTable[] = [];
  for (const file of sourceFiles(sourceFolder).toSorted()) {
    if (!/export const \w*Codes\b/.test(readFileSync(file, 'utf8'))) continue;
    const loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(loaded))
      if (name.endsWith('Codes') && isCodeTable(value))
        tables.push({ name, folder: relative(sourceFolder, file).split('/')[0]!, rows: value });
  }
  return tables;
}

function isCodeTable(value: unknown): value is CodeTable['rows'] {
  if (typeof value !== 'object' || value === null) return false;
  const rows = Object.values(value) as readonly { readonly meaning?: unknown }[];
  return rows.length > 0 && rows.every((row) => typeof row?.meaning === 'string');
}

/** A table that is put together from others shows nothing of its own: each row stands in its smallest table. */
function ownersOf(tables: readonly CodeTable[]): ReadonlyMap<CodeRow, CodeTable> {
  const owners = new Map<CodeRow, CodeTable>();
  for (const table of tables) {
    for (const row of Object.values(table.rows)) {
      const owner = owners.get(row);
      const isSmaller = !owner || Object.keys(table.rows).length < Object.keys(owner.rows).length;
      if (isSmaller) owners.set(row, table);
    }
  }
  return owners;
}

function headingOf({ folder, name }: CodeTable): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.endsWith('error codes') ? `${folder}: errors` : `${folder}: ${words}`;
}

/** Writes every command with its arguments and options. */
async function commandsReference(): Promise<string> {
  const program = await makeProgram(silentIo);
  const sections = program.commands.filter(isOurs).flatMap((command) => sectionsOf(command, 'ssympa'));
  return `${[
    madeBy('src/cli'),
    '# Commands of the program',
    'Every command takes `--help`. Errors go to standard error as `ssympa: error: …`, with `ssympa: hint: …` where there is one. Exit codes: 0 done · 1 the answer is no · 64 usage · 65 bad input · 66 no such input file · 67 no such list or address · 69 a service is unavailable · 70 a bug · 75 try again later · 77 not permitted · 78 configuration.',
    ...sections,
  ].join('\n\n')}\n`;
}

function sectionsOf(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  const subs = command.commands.filter(isOurs);
  if (subs.length > 0) return subs.flatMap((sub) => sectionsOf(sub, name));
  const words = command.registeredArguments.map((argument) => {
    const shown = argument.variadic ? `${argument.name()}…` : argument.name();
    return argument.required ? `<${shown}>` : `[${shown}]`;
  });
  const options = command.options.filter((option) => !option.hidden);
  const rows = [
    ...command.registeredArguments.map((argument) => [`${argument.name()}`, argument.description]),
    ...options.map((option) => [
      option.flags,
      `${option.description}${option.mandatory ? ' (must be given)' : ''}`,
    ]),
  ];
  const table = [
    '| word | meaning |',
    '| --- | --- |',
    ...rows.map(([word, meaning]) => `| \`${word}\` | ${meaning} |`),
  ];
  return [
    `## ${name}`,
    `\`${[name, ...words].join(' ')}${options.length > 0 ? ' [options]' : ''}\``,
    ...(command.description() === '' ? [] : [command.description()]),
    ...(rows.length === 0 ? [] : [table.join('\n')]),
  ];
}

function isOurs(command: Command): boolean {
  return command.name() !== 'help';
}

const silentIo: CliIo = {
  stdin: (async function* () {})(),
  stdout() {},
  stderr() {},
  env: {},
  cwd: root,
  clock: systemClock,
  exit() {},
  fail(_code, message) {
    throw new Error(message);
  },
};

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check');
  const stale: string[] = [];
  for (const [name, make] of Object.entries(pages)) {
    const file = join(referenceFolder, name);
    const text = await make();
    const committed = readPage(file);
    if (committed === text) continue;
    stale.push(name);
    if (!isCheck) writeFileSync(file, text);
  }
  for (const name of stale) console.log(`${isCheck ? 'stale' : 'written'}: docs/reference/${name}`);
  if (isCheck && stale.length > 0) {
    console.error('run npm run docs and commit the pages');
    process.exitCode = 1;
  }
}

function readPage(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

await main();
