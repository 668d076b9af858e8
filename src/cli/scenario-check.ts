import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { readConfigText } from '../config/config-text.ts';
import { defaultsDir } from '../config/site.ts';
import { ScenarioError } from '../scenario/error.ts';
import { includesOf, parseScenario } from '../scenario/parse.ts';
import type { ScenarioText } from '../scenario/syntax.ts';
import { exitCodes } from './exit-code.ts';
import { type CliIo, printJson } from './io.ts';
import { readInput } from './read-input.ts';
import { reportError } from './report-error.ts';
import { type JsonOptions, type SiteOptions, siteOf, withConf, withJson } from './site-options.ts';

type Options = SiteOptions & JsonOptions;

interface CheckedFault {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
}

interface CheckedFile {
  readonly file: string;
  readonly ok: boolean;
  readonly rules: number;
  readonly error: CheckedFault | null;
  readonly remarks: readonly { file: string; line: number; column: number; text: string }[];
}

/** Files that one scenario may include. */
const maxIncludes = 32;

const maxScenarioBytes = 1_048_576;

/** `ssympa scenario check FILE…` */
export function scenarioCheckCommand(io: CliIo): Command {
  const command = new Command('check')
    .description(
      'Parses scenario files and says where and what their faults are. Exit code 65 if one has a fault.',
    )
    .argument('<file...>', 'files named FUNCTION.NAME; - for standard input');
  return withJson(withConf(command)).action(async (files: string[], options: Options) => {
    // Includes are looked for beside the file, then, with --conf, in the site, then among the shipped ones.
    const site = options.conf === undefined ? undefined : await siteOf(io, options);
    const folders = [...(site ? [join(site.etcDir, 'scenari')] : []), join(defaultsDir, 'scenari')];
    const checked: CheckedFile[] = [];
    for (const file of files) checked.push(await checkFile(io, file, folders, options));
    if (options.json) printJson(io, checked);
    if (checked.some(({ ok }) => !ok)) io.exit(exitCodes.badInput);
  });
}

async function checkFile(
  io: CliIo,
  file: string,
  folders: readonly string[],
  { json }: Options,
): Promise<CheckedFile> {
  const text = new TextDecoder().decode(await readInput(io, file, maxScenarioBytes));
  const own = basename(file);
  const dot = own.indexOf('.');
  const source = {
    file,
    function: dot > 0 ? own.slice(0, dot) : '',
    name: dot > 0 ? own.slice(dot + 1) : own,
  };
  const includes = await readIncludes(source.function, text, [resolve(io.cwd, dirname(file)), ...folders]);
  try {
    const scenario = parseScenario(text, source, { resolveInclude: (name) => includes.get(name) });
    const remarks = scenario.remarks.map(({ place, text: remark }) => {
      const { file: where, line, column = 1 } = place;
      return { file: where, line, column, text: remark };
    });
    if (!json) {
      for (const remark of remarks)
        io.stderr(`ssympa: warning: ${remark.file}:${remark.line}:${remark.column}: ${remark.text}\n`);
      io.stdout(`${file}: ok, ${scenario.rules.length} rules\n`);
    }
    return { file, ok: true, rules: scenario.rules.length, error: null, remarks };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    if (!json) reportError(io, error);
    return { file, ok: false, rules: 0, error: faultOf(error, file), remarks: [] };
  }
}

function faultOf({ code, text, place, hint }: ScenarioError, file: string): CheckedFault {
  const { line = 1, column = 1 } = place ?? {};
  return { code, file: place?.file ?? file, line, column, message: text, hint: hint ?? null };
}

async function readIncludes(
  functionName: string,
  text: string,
  folders: readonly string[],
): Promise<ReadonlyMap<string, ScenarioText>> {
  const found = new Map<string, ScenarioText>();
  const waiting = [`${functionName}.header`, ...includesOf(text)];
  const asked = new Set<string>();
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (asked.has(name) || found.size >= maxIncludes) continue;
    asked.add(name);
    const include = await readInclude(name, folders);
    if (!include) continue;
    found.set(name, include);
    waiting.push(...includesOf(include.text));
  }
  return found;
}

async function readInclude(name: string, folders: readonly string[]): Promise<ScenarioText | undefined> {
  for (const folder of folders) {
    const file = join(folder, `include.${name}`);
    const text = await readConfigText(file);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}
