import { CliError } from '../../src/cli/error.ts';
import type { CliIo } from '../../src/cli/io.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Clock, systemClock } from '../../src/clock.ts';

/** What a command line left behind. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it was written. */
  readonly bytes: Uint8Array;
}

/** What a command line runs in. */
export interface CliWorld {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly clock?: Clock;
}

/** A world for a command, and what the command did to it. */
export interface RecordedIo {
  readonly io: CliIo;
  result(): CliResult;
}

/** Makes a world that remembers what is written. */
export function recordedIo(world: CliWorld = {}): RecordedIo {
  const pieces: Uint8Array[] = [];
  let stderr = '';
  let code = 0;
  const input = typeof world.stdin === 'string' ? new TextEncoder().encode(world.stdin) : world.stdin;
  const io: CliIo = {
    stdin: (async function* () {
      if (input) yield input;
    })(),
    stdout: (data) => {
      pieces.push(typeof data === 'string' ? new TextEncoder().encode(data) : Uint8Array.from(data));
    },
    stderr: (text) => {
      stderr += text;
    },
    env: world.env ?? {},
    cwd: world.cwd ?? process.cwd(),
    clock: world.clock ?? systemClock,
    exit: (given) => {
      code = given;
    },
    fail: (errorCode, message, options) => {
      throw new CliError(errorCode, message, options);
    },
  };
  const result = () => {
    const bytes = new Uint8Array(Buffer.concat(pieces));
    return { code, stderr, bytes, stdout: new TextDecoder().decode(bytes) };
  };
  return { io, result };
}

/** Runs one command line in this process. */
export async function runCli(args: readonly string[], world: CliWorld = {}): Promise<CliResult> {
  const { io, result } = recordedIo(world);
  await runProgram(args, io);
  return result();
}
