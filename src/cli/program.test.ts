import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';

const run = promisify(execFile);
const launcher = resolve(import.meta.dirname, '../../bin/ssympa');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssympa-cli-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('the program', () => {
  it('names its commands', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const name of ['init', 'list', 'subscriber', 'doctor']) expect(stdout).toContain(`\n  ${name} `);
  });

  it('explains one command', async () => {
    for (const args of [
      ['list', 'create', '--help'],
      ['help', 'list'],
    ])
      expect(await runCli(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('ssympa list') });
    expect((await runCli(['list', 'create', '--help'])).stdout).toContain('--owner <address...>');
  });

  it.each([
    [['lst'], "unknown command 'lst'"],
    [['list', 'crate'], "unknown command 'crate'"],
    [['list', 'create', 'plans'], "required option '--owner <address...>' not specified"],
    [['list', 'show', '--colour'], "unknown option '--colour'"],
    [['list', 'close'], "missing required argument 'list'"],
    [['list', 'close', 'a', 'b'], 'too many arguments'],
  ])('answers %j with 64 and one line of error', async (args, message) => {
    const { code, stderr, stdout } = await runCli(args);
    expect(code).toBe(64);
    expect(stderr.split('\n')[0]).toContain(`ssympa: error: ${message}`);
    expect(stdout).toBe('');
  });

  it('answers no command at all with its help and 64', async () => {
    expect(await runCli([])).toMatchObject({ code: 64, stderr: expect.stringContaining('Usage: ssympa') });
    expect(await runCli(['list'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Usage: ssympa list'),
    });
  });

  it('finds its configuration by option, environment, folder, in this order', async () => {
    const conf = (domain: string) => `domain ${domain}\nlistmaster root@${domain}\n`;
    await writeFile(join(folder, 'sympa.conf'), conf('here.example'));
    await writeFile(join(folder, 'env.conf'), conf('env.example'));
    await writeFile(join(folder, 'option.conf'), conf('option.example'));
    const failure = async (args: readonly string[], env: Readonly<Record<string, string>>) =>
      (
        await runCli(['list', 'create', 'x@nowhere.example', '--owner', 'a@b.org', ...args], {
          cwd: folder,
          env,
        })
      ).stderr;
    expect(await failure([], {})).toContain('here.example');
    expect(await failure([], { SSYMPA_CONF: 'env.conf' })).toContain('env.example');
    expect(await failure(['--conf', 'option.conf'], { SSYMPA_CONF: 'env.conf' })).toContain('option.example');
  });

  it('prints every fault of a configuration, with its line, and ends with 78', async () => {
    await writeFile(
      join(folder, 'bad.conf'),
      'domian example.org\nlistmaster x\nkey_passwd hunter2\nkey_passwd hunter2\n',
    );
    const { code, stderr } = await runCli(['list', 'show', '--conf', 'bad.conf'], { cwd: folder });
    expect(code).toBe(78);
    expect(stderr).toContain(
      `ssympa: error: ${folder}/bad.conf:1: unknown parameter domian\nssympa: hint: did you mean domain?\n`,
    );
    expect(stderr).toContain('bad.conf:2: listmaster');
    expect(stderr).toContain('bad.conf:4: key_passwd');
    expect(stderr).not.toContain('hunter2');
  });
});

describe('the launcher', () => {
  it('starts the program from any folder, through a link, without a PATH', async () => {
    const link = join(folder, 'ssympa-link');
    await symlink(launcher, link);
    const { stdout } = await run(link, ['--help'], { cwd: '/', env: { PATH: '/usr/bin:/bin' } });
    expect(stdout).toContain('Usage: ssympa');
  });

  it('passes the exit code on', async () => {
    await expect(run(launcher, ['list', 'crate'])).rejects.toMatchObject({ code: 64 });
  });

  it('does not mind a reader that leaves early', async () => {
    const { stdout } = await run('sh', ['-c', `'${launcher}' --help | head -1; echo done`]);
    expect(stdout).toContain('done');
  });
});
