import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram } from './programs.ts';

/** What a run of a program gave. */
export interface ProgramResult {
  readonly ok: boolean;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A temporary folder in which programs are run; `using` or {@link close} removes it. */
export class ProgramFolder implements Disposable {
  readonly path: string;
  readonly #environment: NodeJS.ProcessEnv;
  #files = 0;

  /** @param name short: sockets in it have paths of at most 107 bytes */
  constructor(name: string, environment: (path: string) => NodeJS.ProcessEnv = () => ({})) {
    this.path = mkdtempSync(join(tmpdir(), `ssympa-${name}-`));
    this.#environment = { ...process.env, LC_ALL: 'C', ...environment(this.path) };
  }

  /** Writes a file and gives its path. */
  write(bytes: string | Uint8Array, suffix = 'bin'): string {
    this.#files += 1;
    const path = join(this.path, `${this.#files}.${suffix}`);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  }

  /** Runs a program; a failure is a result, not an exception. */
  run(program: string, args: readonly string[], input?: Uint8Array | string): ProgramResult {
    const { status, stdout, stderr } = spawnSync(requireProgram(program), args, {
      cwd: this.path,
      env: this.#environment,
      input: input ?? '',
      maxBuffer: 256 << 20,
    });
    return { ok: status === 0, stdout, stderr: stderr.toString() };
  }

  /** Runs a program and throws where it fails. */
  must(program: string, args: readonly string[], input?: Uint8Array | string): Buffer {
    const { ok, stdout, stderr } = this.run(program, args, input);
    if (!ok) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  }

  close(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
