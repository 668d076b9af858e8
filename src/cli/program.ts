import { Command, CommanderError } from 'commander';
import { type CommandEntry, type CommandGroup, commandTable } from './command-table.ts';
import { exitCodes } from './exit-code.ts';
import type { CliIo } from './io.ts';
import { reportError } from './report-error.ts';

/**
 * Runs one command line; never rejects. Only the module of the command that is called is loaded.
 *
 * @param argv the words behind the name of the program
 */
export async function runProgram(argv: readonly string[], io: CliIo): Promise<void> {
  try {
    // The older p12topem has long options with one dash.
    const words = argv.map((word) => (word === '-help' ? '--help' : word));
    const program = await makeProgram(io, wordsOf(words));
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) io.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
    else reportError(io, error);
  }
}

/**
 * Makes the program.
 *
 * @param called names of the command whose module is to be loaded; all others are there by their summary only.
 *   `undefined` loads all, for the reference
 */
export async function makeProgram(io: CliIo, called?: readonly string[]): Promise<Command> {
  const program = new Command('ssympa').description(
    'A mailing-list manager that works with S/MIME and HTTPS',
  );
  for (const [name, entry] of Object.entries(commandTable)) {
    const isCalled = called === undefined || called[0] === name;
    program.addCommand(await makeEntry(name, entry, io, isCalled ? called?.slice(1) : [], isCalled));
  }
  applySettings(program, io);
  return program;
}

async function makeEntry(
  name: string,
  entry: CommandEntry | CommandGroup,
  io: CliIo,
  called: readonly string[] | undefined,
  isCalled: boolean,
): Promise<Command> {
  if ('load' in entry) {
    const command = isCalled ? (await entry.load())(io) : new Command(name);
    return command.name(name).summary(entry.summary);
  }
  const group = new Command(name).summary(entry.summary).description(entry.summary);
  for (const [sub, member] of Object.entries(entry.commands)) {
    const memberCalled = isCalled && (called === undefined || called[0] === sub);
    group.addCommand(await makeEntry(sub, member, io, called?.slice(1), memberCalled));
  }
  return group;
}

/** The words that name a command: what stands before the first option, a leading `help` left out. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = end < 0 ? argv : argv.slice(0, end);
  return words[0] === 'help' ? words.slice(1) : words;
}

function applySettings(command: Command, io: CliIo): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout(text),
    writeErr: (text) => io.stderr(text),
    outputError: (text, write) => {
      const [message = '', ...hints] = text.trim().split('\n');
      write(`ssympa: error: ${message.replace(/^error: /, '')}\n`);
      for (const hint of hints.map((line) => line.trim()).filter((line) => line !== ''))
        write(`ssympa: hint: ${hint.replace(/^\((.*)\)$/, '$1')}\n`);
    },
  });
  for (const sub of command.commands) applySettings(sub, io);
}
