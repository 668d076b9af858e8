import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const launcher = join(import.meta.dirname, '../../bin/ssympa');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssympa-launcher-'));
  mkdirSync(join(folder, 'bin'));
  cpSync(launcher, join(folder, 'bin/ssympa'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a program where the package's own Node is. */
function nodeIs(script: string): void {
  const node = join(folder, 'node_modules/node/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  writeFileSync(node, `#!/bin/sh\n${script}\n`);
  chmodSync(node, 0o755);
}

function run(program: string, ...args: readonly string[]) {
  return spawnSync(program, args, { cwd: '/', env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' });
}

describe('the launcher', () => {
  it('runs what is built where there is no source, with every word as it is', () => {
    nodeIs('printf "%s\\n" "$@"');
    const { stdout } = run(join(folder, 'bin/ssympa'), 'list', 'a b', '*');
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/dist\/cli\/main\.js$/),
      'list',
      'a b',
      '*',
      '',
    ]);
  });

  it('finds its folder behind links, as npm makes them', () => {
    nodeIs('exit 3');
    symlinkSync('bin/ssympa', join(folder, 'first'));
    symlinkSync(join(folder, 'first'), join(folder, 'second'));
    expect(run(join(folder, 'second'), 'doctor').status).toBe(3);
  });

  it.each([0, 64, 65, 67])('ends queue with the code %i that queue chose', (code) => {
    nodeIs(`exit ${code}`);
    expect(run(join(folder, 'bin/ssympa'), 'queue', 'a@b.example').status).toBe(code);
  });

  it.each([
    ['a module is missing', 'exit 1'],
    ['of a bug', 'exit 70'],
    ['the configuration is faulty', 'exit 78'],
    ['it is killed', 'kill -9 $$'],
  ])('ends queue with 75 when it fails because %s, so that the MTA keeps the mail', (_why, script) => {
    nodeIs(script);
    expect(run(join(folder, 'bin/ssympa'), 'queue', 'a@b.example').status).toBe(75);
  });

  it('ends with 75 where its Node is missing, and says so', () => {
    const { status, stderr } = run(join(folder, 'bin/ssympa'), 'queue', 'a@b.example');
    expect({ status, stderr }).toMatchObject({ status: 75, stderr: expect.stringContaining('npm ci') });
  });
});
