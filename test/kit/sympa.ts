import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram, requireProgram } from './programs.ts';

/** Where Sympa is: installed, or unpacked by `npm run test:install`. */
const places = ['/usr/share/sympa', '/usr/local/share/ssympa-tests/sympa/usr/share/sympa'];

const bridge = join(import.meta.dirname, '../interop/sympa-scenario.pl');

/** The people, lists and parameters that questions are about. */
export interface SympaWorld {
  readonly domain: string;
  /** Folders of scenarios; the first that has a file wins. */
  readonly folders: readonly string[];
  readonly listmasters: readonly string[];
  /** Functions in front of which the blocklist is asked; it blocks nobody. */
  readonly blocklist: readonly string[];
  readonly conf: Readonly<Record<string, string>>;
  readonly users: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly lists: Readonly<Record<string, SympaList>>;
  /** By name; with LF line ends, as Sympa keeps them. */
  readonly messages: Readonly<Record<string, string>>;
}

/** A list of the world. */
export interface SympaList {
  /** `status`, single-valued parameters, and `custom_vars`. */
  readonly admin: Readonly<
    Record<string, string | readonly { readonly name: string; readonly value: string }[]>
  >;
  readonly subscribers: readonly string[];
  readonly owners: readonly string[];
  readonly editors: readonly string[];
  readonly total: number;
}

/** What a scenario is asked. */
export interface SympaQuestion {
  readonly function: string;
  readonly name: string;
  readonly method: 'smtp' | 'md5' | 'smime';
  /** Without one the domain is asked. */
  readonly list?: string;
  readonly context: {
    readonly sender?: string;
    readonly email?: string;
    readonly current_email?: string;
    readonly family?: Readonly<Record<string, string>>;
    readonly subscriber?: Readonly<Record<string, string>>;
  };
  /** The name of a message of the world. */
  readonly message?: string;
  readonly remote_addr?: string;
  /** Decides so often and measures. */
  readonly repeat?: number;
}

/** What Sympa decides: its action with modifiers, and the condition that held. */
export interface SympaAnswer {
  readonly action: string;
  readonly reason?: string;
  readonly tt2?: string;
  readonly condition?: string;
  /** Processor time of a repeated question. */
  readonly seconds?: number;
}

/**
 * Tells whether Sympa's own modules can be asked.
 *
 * @throws Error where they are missing and `CI=true`: there nothing may be skipped
 */
export function hasSympa(): boolean {
  const found = hasProgram('perl') && sympaFolder() !== undefined && hasPerlModules();
  if (!found && process.env.CI === 'true')
    throw new Error('Sympa or a Perl module that it needs is not there');
  return found;
}

function hasPerlModules(): boolean {
  const modules = ['-MMIME::Parser', '-MNet::CIDR', '-MJSON::PP'];
  return spawnSync(requireProgram('perl'), [...modules, '-e', '1']).status === 0;
}

function sympaFolder(): string | undefined {
  return places.find((place) => existsSync(join(place, 'lib/Sympa/Scenario.pm')));
}

/**
 * Gives the folder of the scenarios that Sympa ships.
 *
 * @throws Error where Sympa is not there
 */
export function sympaScenarios(): string {
  return join(requireSympa(), 'default/scenari');
}

function requireSympa(): string {
  const folder = sympaFolder();
  if (folder === undefined) throw new Error('Sympa is not there; npm run test:install unpacks it');
  return folder;
}

/**
 * Asks Sympa's own modules, in one Perl process.
 *
 * @returns the answers in the order of the questions
 * @throws Error where Perl fails
 */
export function askSympa(world: SympaWorld, questions: readonly SympaQuestion[]): readonly SympaAnswer[] {
  const input = [world, ...questions].map((one) => JSON.stringify(one)).join('\n');
  const run = spawnSync(requireProgram('perl'), [bridge, join(requireSympa(), 'lib')], {
    input: `${input}\n`,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const lines = run.stdout.split('\n').slice(0, -1);
  if (run.status !== 0 || lines.length !== questions.length)
    throw new Error(`Perl ended with ${run.status}: ${run.stderr}`);
  return lines.map((line) => JSON.parse(line) as SympaAnswer);
}
